// frame.tsx - what is one's own to set, on a few pages beside each other.
import type { ComponentChildren } from 'preact';
import { type Key, t } from '../../i18n';
import { path } from '../../router';

const PAGES: [string, Key][] = [
  ['/settings', 'page.settings'],
  ['/settings/security', 'page.security'],
  ['/settings/sessions', 'page.sessions'],
  ['/settings/api-keys', 'page.apiKeys'],
  ['/settings/security-log', 'page.securityLog'],
];

export function SettingsFrame({ children }: { children: ComponentChildren }) {
  return (
    <>
      <nav class="sections" aria-label={t('group.settings')}>
        {PAGES.map(([to, title]) => (
          <a key={to} href={to} aria-current={path.value === to ? 'page' : undefined}>
            {t(title)}
          </a>
        ))}
      </nav>
      {children}
    </>
  );
}
