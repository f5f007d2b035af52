// economic.tsx - what operators publish: when figures of the economy come.
import * as ops from '../../api/generated/operations';
import type { Item } from '../../api/types';
import { action, listPage } from '../../ui/list-page';

type Event = Item<'listEconomicEvents'>;

const path = (event: Event) => ({ id: event.id });

export default listPage({
  title: 'page.economic',
  list: ops.listEconomicEvents,
  name: (event) => event.name,
  columns: [{ name: 'name' }, 'country', 'importance', 'scheduled_at', 'forecast', 'actual'],
  create: action({ operation: ops.publishEconomicEvent, label: 'publish.event' }),
  actions: [
    action<Event, 'changeEconomicEvent'>({
      operation: ops.changeEconomicEvent,
      label: 'action.edit',
      path,
      initial: (event) => ({ ...event }),
    }),
    action<Event, 'withdrawEconomicEvent'>({
      operation: ops.withdrawEconomicEvent,
      label: 'publish.withdraw',
      path,
      danger: true,
    }),
  ],
});
