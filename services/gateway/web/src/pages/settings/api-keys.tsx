// api-keys.tsx - keys for programs. A key is shown once, when it is made.
import * as ops from '../../api/generated/operations';
import type { Item } from '../../api/types';
import { t } from '../../i18n';
import { Dialog, openDialog } from '../../ui/dialog';
import { action, listPage } from '../../ui/list-page';
import { SettingsFrame } from './frame';

type ApiKey = Item<'listApiKeys'>;

function show(key: string): void {
  openDialog((close) => (
    <Dialog title={t('apiKeys.made')} onClose={close}>
      <p>{t('apiKeys.once')}</p>
      <p>
        <code class="secret">{key}</code>
      </p>
      <footer class="dialog-foot">
        <button class="primary" onClick={() => void navigator.clipboard.writeText(key)}>
          {t('copy')}
        </button>
      </footer>
    </Dialog>
  ));
}

const List = listPage({
  title: 'page.apiKeys',
  list: ops.listApiKeys,
  name: ({ name, id }) => name ?? id,
  columns: [
    { name: 'name' },
    'scopes',
    'is_active',
    { name: 'addresses', kind: 'text', wide: true },
    { name: 'expires_at', wide: true },
    { name: 'last_used_at', wide: true },
    { name: 'created_at', wide: true },
  ],
  create: action<undefined, 'createApiKey'>({
    operation: ops.createApiKey,
    label: 'apiKeys.create',
    fields: { addresses: { hint: 'apiKeys.addresses' } },
    done: ({ key }) => {
      if (key) show(key);
      return '';
    },
  }),
  actions: [
    action<ApiKey, 'revokeApiKey'>({
      operation: ops.revokeApiKey,
      label: 'action.revoke',
      path: ({ id }) => ({ key_id: id }),
      quick: true,
      danger: true,
      when: ({ is_active }) => is_active,
      about: () => <p>{t('users.revoke')}</p>,
    }),
  ],
});

export default function ApiKeys() {
  return (
    <SettingsFrame>
      <List />
    </SettingsFrame>
  );
}
