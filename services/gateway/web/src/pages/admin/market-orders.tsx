// market-orders.tsx - what market makers sell: placed and cancelled by operators, with what each order locks.
import { useEffect } from 'preact/hooks';
import * as ops from '../../api/generated/operations';
import type { Item } from '../../api/types';
import { t } from '../../i18n';
import { parseE8, printE8, readDecimal, showDecimal } from '../../money';
import type { Values } from '../../ui/form';
import { action, listPage } from '../../ui/list-page';
import { loadMakers, makerChoices, makers, nameOfMaker } from './makers';

type Order = Item<'listMarketOrders'>;

const ASSETS: [string, string][] = [
  ['CEA', 'CEA'],
  ['EUA', 'EUA'],
];

const isOpen = (order: Order) => ['open', 'partially_filled', 'new', 'pending'].includes(order.status);

/** Of a sale, all that is not sold yet is locked. */
const locked = (order: Order) => (isOpen(order) ? order.remaining_quantity : '0');

/** What the market maker has to sell, and what will be left of it free. */
function LockPreview({ values }: { values: Values }) {
  const maker = makers.value.find((one) => one.id === values['market_maker_id']);
  const asset = String(values['asset'] ?? '');
  const free = parseE8(maker?.balances?.[asset]?.available ?? '');
  if (free === undefined) return null;
  const wanted = parseE8(readDecimal(String(values['quantity'] ?? '')) ?? '0')!;
  const left = free - wanted;
  return (
    <dl class="before-after">
      <dt>{t('marketOrders.available')}</dt>
      <dd>
        {showDecimal(printE8(free))} {asset}
      </dd>
      <dt>{t('marketOrders.afterLock')}</dt>
      <dd class={left < 0n ? 'bad' : ''}>
        {showDecimal(printE8(left))} {asset}
      </dd>
    </dl>
  );
}

const List = listPage({
  title: 'page.marketOrders',
  list: ops.listMarketOrders,
  name: (order) => `${order.instrument} ${showDecimal(order.quantity)}`,
  columns: [
    'created_at',
    {
      name: 'market_maker_id',
      title: 'field.market_maker_id',
      kind: 'name',
      render: (order) => nameOfMaker(order.market_maker_id ?? order.account_id),
    },
    'instrument',
    { name: 'side', kind: 'side', wide: true },
    { name: 'limit_price', title: 'column.price' },
    'quantity',
    { name: 'filled_quantity', wide: true },
    {
      name: 'locked',
      kind: 'amount',
      render: (order) => <span class="amount">{showDecimal(locked(order))}</span>,
    },
    'status',
  ],
  filters: {
    market_maker_id: { choices: makerChoices },
    asset: { choices: ASSETS },
  },
  create: action({
    operation: ops.placeMarketOrder,
    label: 'marketOrders.create',
    order: ['market_maker_id', 'asset', 'quantity', 'price'],
    initial: () => ({ asset: 'CEA' }),
    fields: {
      market_maker_id: {
        choices: () =>
          makerChoices().filter(([id]) => makers.value.find((maker) => maker.id === id)?.status === 'active'),
      },
      asset: { choices: ASSETS },
      price: { hint: 'marketOrders.price' },
    },
    preview: (values) => <LockPreview values={values} />,
    done: (order) => t('marketOrders.placed', { ticket: order.ticket_id ?? '' }),
  }),
  actions: [
    action<Order, 'cancelMarketOrder'>({
      operation: ops.cancelMarketOrder,
      label: 'action.cancelOrder',
      path: (order) => ({ id: order.id }),
      when: isOpen,
      danger: true,
      quick: true,
      about: (order) => (
        <p>
          {t('marketOrders.cancel', { quantity: showDecimal(locked(order)), instrument: order.instrument })}
        </p>
      ),
      done: (order) => t('marketOrders.canceled', { ticket: order.ticket_id ?? '' }),
    }),
  ],
});

export default function MarketOrders() {
  useEffect(() => void loadMakers(), []);
  return <List />;
}
