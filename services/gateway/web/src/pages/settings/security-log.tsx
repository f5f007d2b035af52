// security-log.tsx - what happened to one's own sign-in: by whom, and from where.
import * as ops from '../../api/generated/operations';
import { listPage } from '../../ui/list-page';
import { SettingsFrame } from './frame';

const List = listPage({
  title: 'page.securityLog',
  list: ops.listSecurityEvents,
  columns: [
    { name: 'created_at' },
    { name: 'event', kind: 'word' },
    { name: 'code', wide: true },
    { name: 'ip_address', title: 'sessions.from' },
    { name: 'user_agent', wide: true, render: ({ user_agent }) => <span class="agent">{user_agent}</span> },
    { name: 'by_staff', wide: true },
  ],
});

export default function SecurityLog() {
  return (
    <SettingsFrame>
      <List />
    </SettingsFrame>
  );
}
