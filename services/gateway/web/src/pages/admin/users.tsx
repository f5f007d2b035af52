// users.tsx - people: their roles, locking them out, their API keys, and forgetting them.
import * as ops from '../../api/generated/operations';
import type { Item } from '../../api/types';
import { t } from '../../i18n';
import { useList } from '../../ui/list';
import { action, Actions, listPage } from '../../ui/list-page';
import { Table } from '../../ui/table';

type User = Item<'listUsers'>;
type Key = Item<'listUserApiKeys'>;

const path = (user: User) => ({ id: user.id });

function Keys({ user }: { user: User }) {
  const list = useList(ops.listUserApiKeys, { path: path(user) });
  const revoke = action<Key, 'revokeUserApiKey'>({
    operation: ops.revokeUserApiKey,
    label: 'action.revoke',
    path: (key) => ({ id: user.id, key_id: key.id }),
    when: (key) => key.is_active,
    danger: true,
    about: () => <p>{t('users.revoke')}</p>,
  });
  return (
    <>
      <h3>{t('users.keys')}</h3>
      <Table
        caption={t('users.keys')}
        columns={[
          { name: 'name' },
          { name: 'scopes' },
          { name: 'created_at' },
          { name: 'last_used_at' },
          { name: 'is_active' },
        ]}
        rows={list.rows}
        keyOf={(key) => key.id}
        actions={(key) => (
          <Actions row={key} actions={[revoke]} name={key.name ?? ''} changed={() => void list.reload()} />
        )}
      />
    </>
  );
}

export default listPage({
  title: 'page.users',
  list: ops.listUsers,
  name: (user) => user.full_name ?? user.email ?? user.id,
  columns: ['full_name', 'email', 'roles', 'status', { name: 'created_at', wide: true }],
  actions: [
    action<User, 'setUserRole'>({
      operation: ops.setUserRole,
      label: 'users.roles',
      path,
      quick: true,
      order: ['roles'],
      initial: ({ roles }) => ({ roles }),
      when: (user) => user.status !== 'erased',
    }),
    action<User, 'setUserStatus'>({
      operation: ops.setUserStatus,
      label: 'users.status',
      path,
      quick: true,
      initial: ({ status }) => ({ status: status === 'locked' ? 'active' : 'locked' }),
      when: (user) => user.status !== 'erased',
    }),
    action<User, 'erasePerson'>({
      operation: ops.erasePerson,
      label: 'users.erase',
      path,
      danger: true,
      when: (user) => user.status !== 'erased',
      about: () => <p>{t('users.eraseWarning')}</p>,
    }),
  ],
  detail: (user) => <Keys user={user} />,
});
