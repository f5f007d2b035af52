// funding.tsx - money that comes and goes: transfers, the payment methods they go by, where withdrawals may go, and limits.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import * as ops from '../../api/generated/operations';
import { call, Problem } from '../../api/client';
import type { Item } from '../../api/types';
import { type Key, t } from '../../i18n';
import { Facts } from '../../ui/format';
import { action, Actions } from '../../ui/list-page';
import { ListSection } from '../../ui/list-section';
import { One } from '../../ui/one';
import { Table } from '../../ui/table';

type Method = Item<'listPaymentMethods'>;
type Transfer = Item<'listTransfers'>;
type Allowed = Item<'listAllowedDestinations'>;

const KINDS: { kind: Method['kind']; label: Key; order: string[] }[] = [
  { kind: 'bank_account', label: 'funding.addBank', order: ['holder', 'iban'] },
  { kind: 'card', label: 'funding.addCard', order: ['holder', 'card_number', 'expires'] },
  { kind: 'crypto_wallet', label: 'funding.addWallet', order: ['network', 'address'] },
];

const add = KINDS.map(({ kind, label, order }) =>
  action<undefined, 'addPaymentMethod'>({
    operation: ops.addPaymentMethod,
    label,
    order,
    initial: () => ({ kind }),
    done: () => t('funding.added'),
  }),
);

const methodActions = [
  action<Method, 'verifyPaymentMethod'>({
    operation: ops.verifyPaymentMethod,
    label: 'funding.verify',
    path: (method) => ({ payment_method_id: method.id }),
    when: ({ status }) => status === 'pending',
    about: ({ attempts_left }) => <p>{t('funding.verifyAbout', { attempts: attempts_left })}</p>,
    done: ({ status }) => t(status === 'verified' ? 'funding.verified' : 'funding.notVerified'),
  }),
  action<Method, 'allowDestination'>({
    operation: ops.allowDestination,
    label: 'funding.allow',
    order: [],
    initial: (method) => ({ payment_method_id: method.id }),
    when: ({ status }) => status === 'verified',
    about: () => <p>{t('funding.allowAbout')}</p>,
  }),
  action<Method, 'removePaymentMethod'>({
    operation: ops.removePaymentMethod,
    label: 'action.remove',
    path: (method) => ({ payment_method_id: method.id }),
    danger: true,
  }),
];

const disallow = action<Allowed, 'disallowDestination'>({
  operation: ops.disallowDestination,
  label: 'action.remove',
  path: (allowed) => ({ destination_id: allowed.id }),
  danger: true,
});

const takeBack = action<Transfer, 'cancelTransfer'>({
  operation: ops.cancelTransfer,
  label: 'funding.takeBack',
  path: (transfer) => ({ transfer_id: transfer.id }),
  when: ({ status }) => status === 'pending',
});

function Limits() {
  return (
    <One operation={ops.getFundingLimits}>
      {({ used, ...limits }) => (
        <section class="part">
          <h2>{t('funding.limits')}</h2>
          <div class="card-wide">
            <Facts of={limits} />
          </div>
          <Table
            caption={t('funding.used')}
            columns={['type', 'asset', 'day', 'day_left', 'month', 'month_left'].map((name) =>
              name === 'type' || name === 'asset' ? { name } : { name, kind: 'amount' as const },
            )}
            rows={used}
            keyOf={(row) => `${row.type} ${row.asset}`}
            empty={t('funding.unused')}
          />
        </section>
      )}
    </One>
  );
}

/** Deposit and withdrawal, by the methods that are verified. */
function transferActions(methods: Method[]) {
  const fields = {
    payment_method_id: {
      label: 'funding.method' as const,
      choices: methods.map(({ id, shown }): [string, string] => [id, shown ?? id]),
    },
  };
  const initial = () => ({ asset: 'EUR', payment_method_id: methods[0]?.id });
  const order = ['payment_method_id', 'amount', 'asset'];
  return [
    action<undefined, 'requestDeposit'>({
      operation: ops.requestDeposit,
      label: 'action.deposit',
      main: true,
      ...{ fields, initial, order },
      done: () => t('funding.depositAsked'),
    }),
    action<undefined, 'requestWithdrawal'>({
      operation: ops.requestWithdrawal,
      label: 'action.withdrawal',
      ...{ fields, initial, order },
      done: () => t('funding.withdrawalAsked'),
    }),
  ];
}

export default function Funding() {
  const version = useSignal(0);
  const methods = useSignal<Method[]>([]);
  const changed = () => void version.value++;
  useEffect(() => {
    call(ops.listPaymentMethods)
      .then(({ items }) => (methods.value = items.filter(({ status }) => status === 'verified')))
      .catch((error: unknown) => {
        if (!(error instanceof Problem)) throw error;
      });
  }, [version.value]);
  const shown = { name: 'shown', title: 'funding.method' as const };
  return (
    <>
      <div class="page-head">
        <h1>{t('page.funding')}</h1>
        <span class="page-actions">
          <Actions row={undefined} actions={transferActions(methods.value)} name="" changed={changed} />
        </span>
      </div>
      {methods.value.length === 0 && <p class="hint">{t('funding.first')}</p>}
      <ListSection
        key={`transfers ${version.value}`}
        title="funding.transfers"
        list={ops.listTransfers}
        columns={['created_at', 'type', 'asset', 'amount', 'status', { name: 'reason', wide: true }]}
        actions={[takeBack]}
        changed={changed}
      />
      <ListSection
        title="funding.methods"
        list={ops.listPaymentMethods}
        columns={[shown, 'kind', 'status', { name: 'created_at', wide: true }]}
        create={add}
        actions={methodActions}
        name={(method) => method.shown ?? ''}
        changed={changed}
      />
      <ListSection
        key={`allowed ${version.value}`}
        title="funding.allowed"
        list={ops.listAllowedDestinations}
        columns={[shown, 'kind', { name: 'usable_from', kind: 'time' }]}
        actions={[disallow]}
        name={(allowed) => allowed.shown ?? ''}
        changed={changed}
      >
        <p class="hint">{t('funding.allowedAbout')}</p>
      </ListSection>
      <Limits key={`limits ${version.value}`} />
    </>
  );
}
