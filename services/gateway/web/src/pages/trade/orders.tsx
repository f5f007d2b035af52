// orders.tsx - all of one's orders, and of each what became of it: its events, its fills, its tickets.
import * as ops from '../../api/generated/operations';
import type { Item } from '../../api/types';
import { t } from '../../i18n';
import { CancelAll, replace } from '../../trade/blotter';
import { DeadMan } from '../../trade/dead-man';
import { isOpen, orderText, useOwn } from '../../trade/own';
import { useList } from '../../ui/list';
import { action, listPage } from '../../ui/list-page';
import { Table } from '../../ui/table';
import '../../styles/trade.css';

type Order = Item<'listOrders'>;

function History({ order }: { order: Order }) {
  const list = useList(ops.listOrderHistory, { path: { id: order.id } });
  return (
    <>
      <p class="actions">
        <a class="button quiet" href={`/drill/orders/${order.id}`}>
          {t('drill.open')}
        </a>
      </p>
      <h3>{t('orders.lifecycle')}</h3>
      <Table
        caption={t('orders.lifecycle')}
        columns={[
          { name: 'occurred_at' },
          { name: 'type', kind: 'text' },
          { name: 'action' },
          { name: 'code' },
        ]}
        rows={list.rows}
        keyOf={({ event_id }) => event_id}
      />
    </>
  );
}

const List = listPage({
  title: 'page.orders',
  list: ops.listOrders,
  name: orderText,
  every_s: 5,
  columns: [
    'created_at',
    'instrument',
    'side',
    { name: 'type', wide: true },
    'quantity',
    { name: 'filled_quantity', wide: true },
    { name: 'limit_price', wide: true },
    { name: 'average_fill_price', wide: true },
    'status',
    { name: 'end_reason', wide: true },
  ],
  one: { operation: ops.getOrder, path: (id) => ({ id }) },
  actions: [
    replace,
    action<Order, 'cancelOrder'>({
      operation: ops.cancelOrder,
      label: 'action.cancelOrder',
      path: ({ id }) => ({ id }),
      when: isOpen,
      danger: true,
      done: (order) => t('orders.canceled', { what: orderText(order) }),
    }),
  ],
  detail: (order) => <History order={order} key={order.updated_at} />,
});

export default function Orders() {
  useOwn();
  return (
    <>
      <List />
      <p class="under-table">
        <DeadMan /> <CancelAll />
      </p>
    </>
  );
}
