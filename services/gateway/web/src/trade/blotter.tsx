// blotter.tsx - what is one's own: open orders (stops and brackets among them), fills, positions. Live.
import { useEffect, useState } from 'preact/hooks';
import * as ops from '../api/generated/operations';
import { call } from '../api/client';
import type { Item } from '../api/types';
import { t, word } from '../i18n';
import { parseE8, showDecimal } from '../money';
import { Dialog } from '../ui/dialog';
import { useList } from '../ui/list';
import { action, Actions } from '../ui/list-page';
import { type Column, Table } from '../ui/table';
import { Tabs } from '../ui/tabs';
import { toast, toastProblem } from '../ui/toast';
import { changed, openOrders, type Order, orderText } from './own';

/** With a sign, and in the colour of good or bad. */
export function Profit({ value }: { value: string | null | undefined }) {
  const e8 = parseE8(value ?? '') ?? 0n;
  return (
    <span class={`amount profit ${e8 > 0n ? 'gain' : e8 < 0n ? 'loss' : ''}`}>
      {e8 > 0n && '+'}
      {showDecimal(value)}
    </span>
  );
}

const RELOAD_MS = 400;

/** Reads a list again soon after something of the account's has changed. */
export function useFresh(reload: () => Promise<void>): void {
  const moved = changed.value;
  useEffect(() => {
    if (!moved) return undefined;
    const timer = setTimeout(() => void reload(), RELOAD_MS);
    return () => clearTimeout(timer);
  }, [moved]);
}

/** Does it and says so; meanwhile, where that is so, that its outcome is unknown. */
async function attempt(what: (unknown: () => void) => Promise<string>): Promise<void> {
  let settled = () => {};
  try {
    const said = await what(() => {
      settled();
      settled = toast('waiting', t('toast.unknown'));
    });
    toast('good', said);
  } catch (error) {
    toastProblem(error);
  } finally {
    settled();
  }
}

async function cancelOne(order: Order): Promise<void> {
  await attempt(async (unknown) => {
    await call(ops.cancelOrder, { path: { id: order.id }, unknown });
    return t('orders.canceled', { what: orderText(order) });
  });
}

const replace = action<Order, 'replaceOrder'>({
  operation: ops.replaceOrder,
  label: 'action.replace',
  path: (order) => ({ id: order.id }),
  initial: ({ quantity, limit_price }) => ({ quantity, limit_price }),
  order: ['quantity', 'limit_price', 'stop_price'],
});

/** What a stop, or a guard of a purchase, waits for. */
const trigger = (order: Order) =>
  order.stop_price
    ? `${word('value', order.type)} @ ${showDecimal(order.stop_price)}${order.trigger ? ` · ${word('value', order.trigger)}` : ''}`
    : order.parent_id
      ? t('orders.guard')
      : '–';

const ORDER_COLUMNS: Column<Order>[] = [
  { name: 'instrument' },
  { name: 'side', kind: 'side' },
  { name: 'type', kind: 'word', wide: true },
  { name: 'remaining_quantity', kind: 'amount' },
  { name: 'filled_quantity', kind: 'amount', wide: true },
  { name: 'limit_price', kind: 'amount' },
  { name: 'trigger', render: trigger, wide: true },
  { name: 'status', kind: 'status' },
  { name: 'created_at', kind: 'time', wide: true },
];

export function OpenOrders({ symbol }: { symbol?: string }) {
  const rows = openOrders.value.filter((order) => !symbol || order.instrument === symbol);
  return (
    <Table<Order>
      caption={t('orders.open')}
      columns={ORDER_COLUMNS}
      rows={rows}
      keyOf={(order) => order.id}
      empty={t('orders.none')}
      actions={(order) => (
        <>
          <Actions row={order} actions={[replace]} name={orderText(order)} changed={() => undefined} />
          <button
            class="quiet"
            aria-label={t('orders.cancelThis', { what: orderText(order) })}
            onClick={() => void cancelOne(order)}
          >
            {t('action.cancel')}
          </button>
        </>
      )}
    />
  );
}

/** Always in reach; asks once, for it is everything. */
export function CancelAll({ symbol }: { symbol?: string }) {
  const [asking, ask] = useState(false);
  const count = openOrders.value.filter((order) => !symbol || order.instrument === symbol).length;
  const cancel = async () => {
    ask(false);
    await attempt(async (unknown) => {
      await call(ops.cancelOrders, { query: symbol ? { instrument: symbol } : {}, unknown });
      return t('orders.allCanceled');
    });
  };
  const where = symbol ?? t('orders.everywhere');
  return (
    <>
      <button class="danger quiet" disabled={count === 0} onClick={() => ask(true)}>
        {t('orders.cancelAll')}
      </button>
      {asking && (
        <Dialog title={t('orders.cancelAll')} onClose={() => ask(false)}>
          <p>{t('orders.cancelAllAsk', { count, where })}</p>
          <footer class="confirm-buttons">
            <button onClick={() => ask(false)}>{t('back')}</button>
            <button class="danger" onClick={() => void cancel()}>
              {t('orders.cancelAll')}
            </button>
          </footer>
        </Dialog>
      )}
    </>
  );
}

export const FILL_COLUMNS: Column<Item<'listTrades'>>[] = [
  { name: 'executed_at', kind: 'time' },
  { name: 'instrument' },
  { name: 'side', kind: 'side' },
  { name: 'quantity', kind: 'amount' },
  { name: 'price', kind: 'amount' },
  { name: 'fee', kind: 'amount', wide: true },
  { name: 'liquidity', kind: 'word', wide: true },
];

export function Fills({ symbol }: { symbol?: string }) {
  const list = useList(ops.listTrades, { query: symbol ? { instrument: symbol } : {} });
  useFresh(list.reload);
  return (
    <>
      <Table
        caption={t('fills.title')}
        columns={FILL_COLUMNS}
        rows={list.rows}
        keyOf={(fill) => fill.order_id + fill.trade_id}
      />
      {list.more && (
        <button class="more" onClick={() => void list.next()}>
          {t('list.more')}
        </button>
      )}
    </>
  );
}

type Holding = Item<'listPositions'>;

export const HOLDING_COLUMNS: Column<Holding>[] = [
  {
    name: 'instrument',
    render: ({ instrument }) => <a href={`/trade/${instrument}`}>{instrument}</a>,
  },
  { name: 'quantity', kind: 'amount' },
  { name: 'average_cost', kind: 'amount', wide: true },
  { name: 'mark', kind: 'amount', wide: true },
  { name: 'market_value', kind: 'amount' },
  { name: 'unrealised_pnl', kind: 'amount', render: (row) => <Profit value={row.unrealised_pnl} /> },
  { name: 'realised_pnl', kind: 'amount', render: (row) => <Profit value={row.realised_pnl} />, wide: true },
];

const close = action<Holding, 'closePosition'>({
  operation: ops.closePosition,
  label: 'action.closePosition',
  path: ({ instrument }) => ({ instrument }),
  danger: true,
  about: ({ instrument }) => <p>{t('positions.closeAsk', { instrument })}</p>,
  when: ({ quantity }) => (parseE8(quantity) ?? 0n) > 0n,
});

export function Positions() {
  const list = useList(ops.listPositions, { query: {} });
  useFresh(list.reload);
  return (
    <Table
      caption={t('positions.title')}
      columns={HOLDING_COLUMNS}
      rows={list.rows}
      keyOf={(holding) => holding.instrument}
      actions={(holding) => (
        <Actions
          row={holding}
          actions={[close]}
          name={holding.instrument}
          changed={() => void list.reload()}
        />
      )}
    />
  );
}

export function Blotter({ symbol }: { symbol: string }) {
  const count = openOrders.value.filter((order) => order.instrument === symbol).length;
  return (
    <section class="blotter" aria-label={t('blotter.title')}>
      <div class="blotter-tools">
        <CancelAll symbol={symbol} />
      </div>
      <Tabs
        label={t('blotter.title')}
        tabs={[
          { name: 'orders.open', count, page: () => <OpenOrders symbol={symbol} /> },
          { name: 'fills.title', page: () => <Fills symbol={symbol} /> },
          { name: 'positions.title', page: () => <Positions /> },
        ]}
      />
    </section>
  );
}
