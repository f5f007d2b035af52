// accounts.tsx - ledger accounts: their state, their money, their limits, and every event that concerned them.
import * as ops from '../../api/generated/operations';
import type { Item } from '../../api/types';
import { t } from '../../i18n';
import { Facts } from '../../ui/format';
import { useList } from '../../ui/list';
import { action, Actions, listPage } from '../../ui/list-page';
import { One } from '../../ui/one';
import { Table } from '../../ui/table';

type Account = Item<'listAccounts'>;

const path = (account: Account) => ({ id: account.id });
const isTrading = (account: Account) => account.kind === 'trading';

const actions = [
  action<Account, 'setAccountStatus'>({
    operation: ops.setAccountStatus,
    label: 'accounts.status',
    path,
    quick: true,
    order: ['status', 'reason'],
    initial: ({ status }) => ({ status: status === 'active' ? 'restricted' : 'active' }),
    when: (account) => account.status !== 'closed',
  }),
  action<Account, 'recordDeposit'>({
    operation: ops.recordDeposit,
    label: 'action.deposit',
    path,
    initial: () => ({ asset: 'EUR' }),
    when: isTrading,
  }),
  action<Account, 'recordWithdrawal'>({
    operation: ops.recordWithdrawal,
    label: 'action.withdrawal',
    path,
    initial: () => ({ asset: 'EUR' }),
    when: isTrading,
  }),
  action<Account, 'closePositionOf'>({
    operation: ops.closePositionOf,
    label: 'accounts.closePositions',
    path,
    danger: true,
    when: isTrading,
    about: () => <p>{t('accounts.closeWarning')}</p>,
  }),
];

function Balances({ account }: { account: Account }) {
  return (
    <One operation={ops.getAccountBalances} path={path(account)} version={account}>
      {(balances) => (
        <Table
          caption={t('accounts.balances')}
          columns={[{ name: 'asset' }, { name: 'available' }, { name: 'locked' }, { name: 'total' }]}
          rows={Object.entries(balances).map(([asset, balance]) => ({ asset, ...balance }))}
          keyOf={(row) => row.asset}
        />
      )}
    </One>
  );
}

function Limits({ account }: { account: Account }) {
  const of = (label: 'accounts.riskLimits' | 'accounts.transferLimits') =>
    label === 'accounts.riskLimits' ? ops.setRiskLimits : ops.setTransferLimits;
  return (
    <>
      {(['accounts.riskLimits', 'accounts.transferLimits'] as const).map((label) => (
        <One
          key={label}
          operation={label === 'accounts.riskLimits' ? ops.getRiskLimits : ops.getTransferLimits}
          path={path(account)}
          version={account}
        >
          {(limits, reload) => (
            <>
              <h3>{t(label)}</h3>
              <Facts of={(limits as { in_force: object }).in_force} />
              <p class="actions">
                <Actions
                  row={account}
                  name=""
                  changed={reload}
                  actions={[
                    action<Account, 'setRiskLimits'>({
                      operation: of(label) as typeof ops.setRiskLimits,
                      label: 'accounts.changeLimits',
                      path,
                      initial: (now) => ({ ...now }),
                    }),
                  ]}
                />
              </p>
            </>
          )}
        </One>
      ))}
    </>
  );
}

function Timeline({ account }: { account: Account }) {
  const list = useList(ops.listAccountEvents, { path: path(account) });
  return (
    <>
      <h3>{t('accounts.events')}</h3>
      <Table
        caption={t('accounts.events')}
        columns={[
          { name: 'occurred_at' },
          { name: 'type', kind: 'text' },
          { name: 'action' },
          { name: 'code' },
          { name: 'ticket_id' },
        ]}
        rows={list.rows}
        keyOf={(event) => event.event_id}
      />
      {list.more && (
        <button class="more" onClick={() => void list.next()}>
          {t('list.more')}
        </button>
      )}
    </>
  );
}

export default listPage({
  title: 'page.accounts',
  list: ops.listAccounts,
  name: (account) => account.name ?? account.email ?? account.id,
  columns: [
    { name: 'name', kind: 'text', render: (account) => account.name ?? account.id.slice(0, 8) },
    { name: 'email', wide: true },
    { name: 'kind', wide: true },
    'status',
    { name: 'created_at', wide: true },
  ],
  one: { operation: ops.getAccount, path: (id) => ({ id }) },
  actions,
  detail: (account) => (
    <>
      <h3>{t('accounts.balances')}</h3>
      <Balances account={account} />
      <p>
        <a href={`/drill/accounts/${account.id}`}>{t('drill.open')}</a>
      </p>
      {isTrading(account) && <Limits account={account} />}
      <Timeline account={account} />
    </>
  ),
});
