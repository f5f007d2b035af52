// transfers.tsx - money on its way in and out, and saying that it has arrived or not.
import * as ops from '../../api/generated/operations';
import type { Item } from '../../api/types';
import { action, listPage } from '../../ui/list-page';

type Transfer = Item<'listAllTransfers'>;

const path = (transfer: Transfer) => ({ transfer_id: transfer.id });
const isUnderWay = (transfer: Transfer) =>
  !['completed', 'failed', 'canceled', 'expired'].includes(transfer.status);

export default listPage({
  title: 'page.transfers',
  list: ops.listAllTransfers,
  columns: [
    'created_at',
    'type',
    { name: 'email', wide: true },
    'asset',
    'amount',
    'status',
    { name: 'reference', wide: true },
  ],
  actions: [
    action<Transfer, 'completeTransfer'>({
      operation: ops.completeTransfer,
      label: 'transfers.complete',
      path,
      quick: true,
      when: isUnderWay,
    }),
    action<Transfer, 'failTransfer'>({
      operation: ops.failTransfer,
      label: 'transfers.fail',
      path,
      quick: true,
      danger: true,
      when: isUnderWay,
    }),
  ],
});
