// transactions.tsx - every posting of one's account with the balance behind it, and the same as a file.
import * as ops from '../../api/generated/operations';
import { addressOf } from '../../api/client';
import { t } from '../../i18n';
import { listPage } from '../../ui/list-page';

export default listPage({
  title: 'page.transactions',
  list: ops.listTransactions,
  name: (posting) => `${posting.asset} ${posting.amount}`,
  columns: [
    { name: 'occurred_at' },
    'kind',
    'asset',
    'amount',
    'balance',
    { name: 'instrument', wide: true },
    { name: 'notes', wide: true },
  ],
  head: (filters) => (
    <a class="button quiet" download href={addressOf(ops.exportTransactions, { query: filters })}>
      {t('transactions.export')}
    </a>
  ),
});
