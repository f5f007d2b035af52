// shell.tsx - the frame: a menu of the pages that one may see, and above the page how live it is and who one is.
import type { ComponentChildren } from 'preact';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { visible } from './app';
import { language, type Language, LANGUAGES, t, useLanguage } from './i18n';
import { path } from './router';
import { type Route, routes } from './routes';
import { person, signOut } from './session';
import { type Theme, THEMES, theme } from './theme';
import { ConnectionPill } from './ui/pill';

const GROUPS = ['trading', 'dashboards', 'markets', 'own', 'backOffice'] as const;

const isHere = (route: Route) => path.value === route.path || path.value.startsWith(`${route.path}/`);

function Menu() {
  return (
    <nav aria-label={t('menu')}>
      {GROUPS.map((group) => {
        const shown = routes.filter(
          (route) => route.group === group && !route.path.includes(':') && visible(route),
        );
        return (
          shown.length > 0 && (
            <section key={group}>
              <h2>{t(`group.${group}`)}</h2>
              <ul>
                {shown.map((route) => (
                  <li key={route.path}>
                    <a href={route.path} aria-current={isHere(route) ? 'page' : undefined}>
                      {t(route.title)}
                    </a>
                  </li>
                ))}
              </ul>
            </section>
          )
        );
      })}
    </nav>
  );
}

export function Choices() {
  return (
    <>
      <label>
        <span class="hidden">{t('theme')}</span>
        <select value={theme.value} onChange={(event) => (theme.value = event.currentTarget.value as Theme)}>
          {THEMES.map((one) => (
            <option key={one} value={one}>
              {t(`theme.${one}`)}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span class="hidden">{t('language')}</span>
        <select
          value={language.value}
          onChange={(event) => void useLanguage(event.currentTarget.value as Language)}
        >
          {Object.entries(LANGUAGES).map(([one, name]) => (
            <option key={one} value={one}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}

export function Shell({ children }: { children: ComponentChildren }) {
  const open = useSignal(false);
  useEffect(() => {
    open.value = false;
  }, [path.value]);
  return (
    <div class={`shell ${open.value ? 'menu-open' : ''}`}>
      <a class="skip" href="#main">
        {t('skip')}
      </a>
      <header class="bar">
        <button
          class="icon menu-button"
          aria-label={t('menu')}
          aria-expanded={open.value}
          onClick={() => (open.value = !open.value)}
        >
          ☰
        </button>
        <a class="brand" href="/">
          Bourse
        </a>
        <ConnectionPill />
        <span class="space" />
        <Choices />
        {person.value ? (
          <>
            <span class="who" title={(person.value.roles ?? []).join(', ')}>
              {person.value.full_name ?? person.value.email}
            </span>
            <button class="quiet" onClick={() => void signOut()}>
              {t('signOut')}
            </button>
          </>
        ) : (
          <a class="button quiet" href="/login">
            {t('signIn')}
          </a>
        )}
      </header>
      <aside>
        <Menu />
      </aside>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}
