// blotter.tsx - what is one's own: open orders (stops and brackets among them), fills, positions. Live.
import { useState } from 'preact/hooks';
import * as ops from '../api/generated/operations';
import { call } from '../api/client';
import { t, word } from '../i18n';
import { parseE8, showDecimal } from '../money';
import { Dialog } from '../ui/dialog';
import { bodyOf } from '../ui/form';
import { action, Actions } from '../ui/list-page';
import { type Column, Table } from '../ui/table';
import { Tabs } from '../ui/tabs';
import { toast, toastProblem } from '../ui/toast';
import { DeadMan } from './dead-man';
import { Fills } from './fills';
import { Foresee } from './foresight';
import { Positions } from './positions';
import { isOpen, openOrders, type Order, orderText } from './own';

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

/** Whatever became of it meanwhile: what is left goes. So no If-Match, which a fill would spoil. */
async function cancelOne(order: Order): Promise<void> {
  await attempt(async (unknown) => {
    await call(ops.cancelOrder, { path: { id: order.id }, unknown });
    return t('orders.canceled', { what: orderText(order) });
  });
}

/** One's own orders that rest at a price of the book. */
export function cancelAt(symbol: string, side: 'buy' | 'sell', price_e8: bigint): void {
  for (const order of openOrders.value)
    if (order.instrument === symbol && order.side === side && parseE8(order.limit_price ?? '') === price_e8)
      void cancelOne(order);
}

const TERMS = ['quantity', 'limit_price', 'stop_price'] as const;

/** The terms that an order has, and so may be given others. */
const termsOf = (order: Order) => TERMS.filter((name) => order[name] != null);

export const replace = action<Order, 'replaceOrder'>({
  operation: ops.replaceOrder,
  label: 'action.replace',
  path: ({ id }) => ({ id }),
  initial: (order) => Object.fromEntries(termsOf(order).map((name) => [name, order[name]])),
  order: termsOf,
  quick: true,
  when: isOpen,
  preview: (values, { id }) => (
    <Foresee
      operation={ops.previewReplace}
      given={{ path: { id }, body: bodyOf(ops.replaceOrder.body, values) }}
    />
  ),
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

export function Blotter({ symbol }: { symbol: string }) {
  const count = openOrders.value.filter((order) => order.instrument === symbol).length;
  return (
    <section class="blotter" aria-label={t('blotter.title')}>
      <div class="blotter-tools">
        <DeadMan />
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
