// support.tsx - one's conversations with the help desk, and how good its help was.
import * as ops from '../../api/generated/operations';
import type { Item } from '../../api/types';
import { t } from '../../i18n';
import { Conversation } from '../../ui/conversation';
import { action, listPage } from '../../ui/list-page';

type Ticket = Item<'listSupportTickets'>;

const path = (ticket: Ticket) => ({ id: ticket.id });
const isOver = ({ status }: Ticket) => status === 'closed' || status === 'resolved';

export default listPage({
  title: 'page.ownSupport',
  list: ops.listSupportTickets,
  name: (ticket) => ticket.subject ?? ticket.id,
  every_s: 15,
  columns: [
    { name: 'subject' },
    { name: 'category', wide: true },
    'status',
    { name: 'messages', wide: true },
    'updated_at',
  ],
  about: () => (
    <p class="hint">
      <a href="/questions">{t('support.lookFirst')}</a>
    </p>
  ),
  create: action<undefined, 'openSupportTicket'>({
    operation: ops.openSupportTicket,
    label: 'support.ask',
    order: ['subject', 'category', 'text', 'priority'],
    fields: { text: { multiline: true } },
    done: () => t('support.asked'),
  }),
  actions: [
    action<Ticket, 'sendSupportMessage'>({
      operation: ops.sendSupportMessage,
      label: 'support.reply',
      path,
      main: true,
      when: ({ status }) => status !== 'closed',
    }),
    action<Ticket, 'rateSupportTicket'>({
      operation: ops.rateSupportTicket,
      label: 'support.rate',
      path,
      fields: {
        rating: { choices: ['5', '4', '3', '2', '1'].map((n): [string, string] => [n, '★'.repeat(+n)]) },
      },
      when: isOver,
      done: () => t('support.rated'),
    }),
    action<Ticket, 'reopenSupportTicket'>({
      operation: ops.reopenSupportTicket,
      label: 'support.reopen',
      path,
      when: isOver,
    }),
    action<Ticket, 'closeSupportTicket'>({
      operation: ops.closeSupportTicket,
      label: 'support.close',
      path,
      when: ({ status }) => status !== 'closed',
    }),
  ],
  detail: (ticket) => (
    <Conversation
      operation={ops.listSupportMessages}
      id={ticket.id}
      reader="client"
      key={`${ticket.messages} ${ticket.updated_at}`}
    />
  ),
});
