// sessions.tsx - where one is signed in; one that is not one's own is ended here, and is refused everywhere.
import * as ops from '../../api/generated/operations';
import type { Item } from '../../api/types';
import { t } from '../../i18n';
import { action, listPage } from '../../ui/list-page';
import { SettingsFrame } from './frame';

type Session = Item<'listSessions'>;

const List = listPage({
  title: 'page.sessions',
  list: ops.listSessions,
  name: (session) => session.location ?? session.ip_address ?? session.id,
  columns: [
    { name: 'login_at' },
    { name: 'ip_address', title: 'sessions.from' },
    { name: 'location', wide: true },
    { name: 'user_agent', wide: true, render: ({ user_agent }) => <span class="agent">{user_agent}</span> },
    {
      name: 'is_active',
      title: 'field.status',
      render: ({ current, is_active, end_reason }) =>
        current ? (
          <strong>{t('sessions.current')}</strong>
        ) : is_active ? (
          t('sessions.active')
        ) : (
          t('sessions.over', { reason: String(end_reason ?? '–') })
        ),
    },
  ],
  actions: [
    action<Session, 'endSession'>({
      operation: ops.endSession,
      label: 'sessions.end',
      path: ({ id }) => ({ id }),
      quick: true,
      danger: true,
      when: ({ is_active, current }) => is_active && !current,
    }),
  ],
});

export default function Sessions() {
  return (
    <SettingsFrame>
      <List />
    </SettingsFrame>
  );
}
