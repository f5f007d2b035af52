// support.tsx - the help desk: what clients ask, by when they must hear, and the conversation.
import * as ops from '../../api/generated/operations';
import type { Item } from '../../api/types';
import { person } from '../../session';
import { Conversation } from '../../ui/conversation';
import { action, listPage } from '../../ui/list-page';

type Ticket = Item<'listDeskTickets'>;

const path = (ticket: Ticket) => ({ id: ticket.id });
const isOver = (ticket: Ticket) => ['closed', 'resolved'].includes(ticket.status);

export default listPage({
  title: 'page.support',
  list: ops.listDeskTickets,
  name: (ticket) => ticket.subject ?? ticket.id,
  columns: [
    { name: 'subject' },
    'category',
    'priority',
    'status',
    { name: 'breached', wide: true },
    { name: 'resolution_due_at', wide: true },
  ],
  actions: [
    action<Ticket, 'replyDeskTicket'>({
      operation: ops.replyDeskTicket,
      label: 'support.reply',
      path,
      when: (ticket) => !isOver(ticket),
    }),
    action<Ticket, 'assignDeskTicket'>({
      operation: ops.assignDeskTicket,
      label: 'support.assign',
      path,
      order: ['priority', 'assignee_id'],
      initial: ({ priority }) => ({ priority, assignee_id: person.value?.id }),
      when: (ticket) => !isOver(ticket),
    }),
    action<Ticket, 'resolveDeskTicket'>({
      operation: ops.resolveDeskTicket,
      label: 'support.resolve',
      path,
      when: (ticket) => !isOver(ticket),
    }),
  ],
  detail: (ticket) => (
    <Conversation operation={ops.listDeskMessages} id={ticket.id} reader="staff" key={ticket.messages} />
  ),
});
