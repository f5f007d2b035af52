// economic.tsx - when figures of the economy come.
import * as ops from '../../api/generated/operations';
import { listPage } from '../../ui/list-page';

export default listPage({
  title: 'page.economic',
  list: ops.listEconomicEvents,
  name: ({ name }) => name,
  columns: [
    'scheduled_at',
    'name',
    'country',
    { name: 'importance', wide: true },
    'actual',
    'forecast',
    { name: 'previous', wide: true },
  ],
  hidden: ['id', 'created_at', 'updated_at', 'version', 'ticket_id'],
});
