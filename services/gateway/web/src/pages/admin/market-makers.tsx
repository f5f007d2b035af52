// market-makers.tsx - the market-maker desk: who they are, what they hold, and moving it in and out.
import * as ops from '../../api/generated/operations';
import type { Item } from '../../api/types';
import { t } from '../../i18n';
import { addE8, parseE8, printE8, readDecimal, showDecimal } from '../../money';
import type { Values } from '../../ui/form';
import { useList } from '../../ui/list';
import { action, listPage } from '../../ui/list-page';
import { type Column, Table } from '../../ui/table';

type Maker = Item<'listMarketMakers'>;

const of = (maker: Maker, asset: string) => maker.balances?.[asset]?.available ?? '0';

/** What is there before, and what will be behind the booking that is being entered. */
function BalancePreview({ values, maker }: { values: Values; maker: Maker }) {
  const asset = String(values['asset'] ?? '');
  const amount = readDecimal(String(values['amount'] ?? ''));
  const before = parseE8(of(maker, asset));
  if (!asset || before === undefined) return null;
  const change = amount ? parseE8(amount)! : 0n;
  const after = addE8(before, values['type'] === 'withdrawal' ? -change : change);
  return (
    <dl class="before-after">
      <dt>{t('balance.before')}</dt>
      <dd>
        {showDecimal(printE8(before))} {asset}
      </dd>
      <dt>{t('balance.after')}</dt>
      <dd class={after < 0n ? 'bad' : ''}>
        {showDecimal(printE8(after))} {asset}
      </dd>
    </dl>
  );
}

const booked = (answer: {
  balance_before: string;
  balance_after: string;
  asset: string;
  ticket_id?: string | null;
}) =>
  t('booking.done', {
    before: showDecimal(answer.balance_before),
    after: showDecimal(answer.balance_after),
    asset: answer.asset,
    ticket: answer.ticket_id ?? '',
  });

const path = (maker: Maker) => ({ market_maker_id: maker.id });

const booking = (type: 'deposit' | 'withdrawal') =>
  action<Maker, 'recordMarketMakerTransaction'>({
    operation: ops.recordMarketMakerTransaction,
    label: `action.${type}`,
    path,
    quick: true,
    initial: () => ({ type, asset: 'CEA' }),
    fields: {
      type: { hidden: true },
      asset: {
        choices: [
          ['CEA', 'CEA'],
          ['EUA', 'EUA'],
        ],
      },
    },
    when: (maker) => maker.status === 'active',
    preview: (values, maker) => <BalancePreview values={values} maker={maker} />,
    done: booked,
  });

const actions = [
  booking('deposit'),
  booking('withdrawal'),
  action<Maker, 'changeMarketMaker'>({
    operation: ops.changeMarketMaker,
    label: 'action.edit',
    path,
    initial: ({ name, email, description, status }) => ({ name, email, description, status }),
  }),
  action<Maker, 'deactivateMarketMaker'>({
    operation: ops.deactivateMarketMaker,
    label: 'action.deactivate',
    path,
    danger: true,
    when: (maker) => maker.status === 'active',
    about: () => <p>{t('marketMakers.deactivate')}</p>,
  }),
];

function History({ maker }: { maker: Maker }) {
  const list = useList(ops.listMarketMakerTransactions, { path: path(maker) });
  return (
    <Table
      caption={t('marketMakers.history')}
      columns={[
        { name: 'created_at', kind: 'time' },
        { name: 'type', kind: 'word' },
        { name: 'asset' },
        { name: 'amount', kind: 'amount' },
        { name: 'balance_before', kind: 'amount' },
        { name: 'balance_after', kind: 'amount' },
        { name: 'ticket_id' },
      ]}
      rows={list.rows}
      keyOf={(row) => row.id}
    />
  );
}

function Balances({ maker }: { maker: Maker }) {
  const rows = Object.entries(maker.balances ?? {}).map(([asset, balance]) => ({
    asset,
    ...balance,
  }));
  return (
    <Table
      caption={t('marketMakers.balances')}
      columns={[
        { name: 'asset' },
        { name: 'available', kind: 'amount' },
        { name: 'locked', kind: 'amount' },
        { name: 'total', kind: 'amount' },
      ]}
      rows={rows}
      keyOf={(row) => row.asset}
    />
  );
}

export default listPage({
  title: 'page.marketMakers',
  list: ops.listMarketMakers,
  every_s: 3,
  name: (maker) => maker.name ?? maker.id,
  columns: [
    { name: 'name' },
    { name: 'email', wide: true },
    { name: 'status', kind: 'status' },
    ...(['CEA', 'EUA'] as const).flatMap((asset): Column<Maker>[] => [
      {
        name: `${asset}.available`,
        title: `column.${asset}.available`,
        render: (maker: Maker) => <span class="amount">{showDecimal(of(maker, asset))}</span>,
        kind: 'amount',
      },
      {
        name: `${asset}.locked`,
        title: `column.${asset}.locked`,
        render: (maker: Maker) => (
          <span class="amount">{showDecimal(maker.balances?.[asset]?.locked ?? '0')}</span>
        ),
        kind: 'amount',
        wide: true,
      },
    ]),
  ],
  create: action({
    operation: ops.createMarketMaker,
    label: 'marketMakers.create',
    order: ['name', 'email', 'description', 'initial_balances.CEA', 'initial_balances.EUA'],
    done: (maker) => t('marketMakers.created', { name: maker.name ?? '', ticket: maker.ticket_id ?? '' }),
  }),
  actions,
  detail: (maker) => (
    <>
      <h3>{t('marketMakers.balances')}</h3>
      <Balances maker={maker} />
      <h3>{t('marketMakers.history')}</h3>
      <History maker={maker} key={JSON.stringify(maker.balances)} />
    </>
  ),
});
