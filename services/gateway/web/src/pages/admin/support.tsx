// support.tsx - the help desk: what clients ask, by when they must hear, and the conversation.
import * as ops from '../../api/generated/operations';
import type { Item } from '../../api/types';
import { t } from '../../i18n';
import { person } from '../../session';
import { Value } from '../../ui/format';
import { useList } from '../../ui/list';
import { action, listPage } from '../../ui/list-page';

type Ticket = Item<'listDeskTickets'>;

const path = (ticket: Ticket) => ({ id: ticket.id });
const isOver = (ticket: Ticket) => ['closed', 'resolved'].includes(ticket.status);

function Conversation({ ticket }: { ticket: Ticket }) {
  const list = useList(ops.listDeskMessages, { path: path(ticket), query: { sort: 'created_at' } });
  return (
    <>
      <h3>{t('support.conversation')}</h3>
      <ol class="conversation">
        {list.rows.map((message) => (
          <li key={message.id} class={message.by_staff ? 'staff' : 'client'}>
            <p>{message.text}</p>
            <small>
              {t(message.by_staff ? 'support.staff' : 'support.client')} ·{' '}
              <Value value={message.created_at} kind="time" />
            </small>
          </li>
        ))}
      </ol>
    </>
  );
}

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
  detail: (ticket) => <Conversation ticket={ticket} key={ticket.messages} />,
});
