// conversation.tsx - what a client and the help desk have said to each other, oldest first.
import type { Operation } from '../api/types';
import { t } from '../i18n';
import { Value } from './format';
import { useList } from './list';

type Side = 'client' | 'staff';

/** `reader`: whose page it is; what he said himself stands on the right. */
export function Conversation(given: {
  operation: Operation<'listSupportMessages'> | Operation<'listDeskMessages'>;
  id: string;
  reader: Side;
}) {
  const operation = given.operation as Operation<'listSupportMessages'>;
  const list = useList(operation, { path: { id: given.id }, query: { sort: 'created_at' } });
  const sideOf = (isStaff: boolean): Side => (isStaff ? 'staff' : 'client');
  return (
    <>
      <h3>{t('support.conversation')}</h3>
      <ol class="conversation">
        {list.rows.map((message) => (
          <li key={message.id} class={sideOf(message.by_staff) === given.reader ? 'own' : ''}>
            <p>{message.text}</p>
            <small>
              {t(`support.${sideOf(message.by_staff)}`)} · <Value value={message.created_at} kind="time" />
            </small>
          </li>
        ))}
      </ol>
    </>
  );
}
