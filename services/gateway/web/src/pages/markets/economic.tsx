// economic.tsx - when figures of the economy come; operators publish it here, too.
import * as ops from '../../api/generated/operations';
import { listPage } from '../../ui/list-page';
import { publishing } from '../admin/publishing';

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
  ...publishing({
    publish: ops.publishEconomicEvent,
    change: ops.changeEconomicEvent,
    withdraw: ops.withdrawEconomicEvent,
    label: 'publish.event',
  }),
});
