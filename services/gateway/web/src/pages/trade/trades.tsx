// trades.tsx - all that one's orders traded, and of each trade the event that it is and what it moved.
import * as ops from '../../api/generated/operations';
import { t } from '../../i18n';
import { listPage } from '../../ui/list-page';
import '../../styles/insight.css';
import { FILL_COLUMNS } from '../../trade/fills';
import { Drill } from '../insight/drill';

export default listPage({
  title: 'page.trades',
  list: ops.listTrades,
  id: 'trade_id',
  name: ({ instrument }) => t('trades.one', { instrument }),
  columns: FILL_COLUMNS,
  detail: ({ trade_id }) => <Drill kind="trades" id={trade_id} />,
});
