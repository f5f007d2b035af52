// audit.tsx - every action, done or refused, by its ticket; and a ticket's whole story, with the proof that it is in the log.
import * as ops from '../../api/generated/operations';
import type { Answer } from '../../api/types';
import { t } from '../../i18n';
import { ProofView } from '../../proof/proof-view';
import { Difference, Json } from '../../ui/difference';
import { listPage } from '../../ui/list-page';

type Ticket = Answer<'getTicket'>;

function Story({ ticket, reload }: { ticket: Ticket; reload: () => void }) {
  const related = ticket.related ?? [];
  return (
    <>
      <h3>{t('audit.changed')}</h3>
      <Difference before={ticket.before} after={ticket.after} />
      <h3>{t('audit.request')}</h3>
      <Json value={ticket.request} />
      <h3>{t('audit.result')}</h3>
      <Json value={ticket.result} />
      {related.length > 0 && (
        <>
          <h3>{t('audit.related')}</h3>
          <ul>
            {related.map((id) => (
              <li key={id}>
                <a href={`/admin/audit?open=${id}`}>{id}</a>
              </li>
            ))}
          </ul>
        </>
      )}
      <ProofView ticket={ticket} reload={reload} />
    </>
  );
}

export default listPage({
  title: 'page.audit',
  list: ops.listTickets,
  id: 'ticket_id',
  columns: [
    { name: 'ticket_id', kind: 'name' },
    'occurred_at',
    'action',
    'outcome',
    { name: 'code', wide: true },
    { name: 'entity_type', wide: true },
    { name: 'actor_id', wide: true },
  ],
  one: { operation: ops.getTicket, path: (id) => ({ ticket_id: id }) },
  detail: (ticket, reload) => <Story ticket={ticket as Ticket} reload={() => void reload()} />,
});
