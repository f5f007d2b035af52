// app.tsx - the frame around every page: who is signed in, the menu of what they may see, and the page itself.
import { useSignal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { useEffect } from 'preact/hooks';
import { t } from './i18n';
import { overlay, palette } from './keys';
import { SignIn } from './pages/sign-in';
import { KeysOverlay, Palette } from './palette';
import { go, match, path, query } from './router';
import { type Route, routes } from './routes';
import { may, person } from './session';
import { Shell } from './shell';
import { Dialogs } from './ui/dialog';
import { Toasts } from './ui/toast';

export const visible = (route: Route): boolean =>
  !route.needs || (may(route.needs) && (person.value !== null || route.needs.allow.includes('public')));

interface Found {
  route: Route;
  values: Record<string, string>;
}

function find(at: string): Found | undefined {
  for (const route of routes) {
    const values = match(route.path, at);
    if (values && visible(route)) return { route, values };
  }
  return undefined;
}

const first = () => routes.find((route) => route.group !== 'none' && visible(route));

/** The page of a route, once it is loaded; the one before stays until then. */
function Page({ route, values }: Found) {
  const shown = useSignal<{ route: Route; page: FunctionComponent<any> } | null>(null);
  useEffect(() => {
    let wanted = true;
    void route.load().then(({ default: page }) => {
      if (wanted) shown.value = { route, page };
    });
    document.title = `${t(route.title)} – Bourse`;
    return () => {
      wanted = false;
    };
  }, [route]);
  if (shown.value?.route !== route) return <p class="loading">{t('list.loading')}</p>;
  const Shown = shown.value.page;
  return <Shown {...values} />;
}

export function App() {
  const found = find(path.value);
  const signedOut = person.value === null;
  useEffect(() => {
    const start = path.value === '/' || path.value === '/login';
    const next = query.value.get('next');
    if (start && person.value)
      go(next?.startsWith('/') && !next.startsWith('//') ? next : (first()?.path ?? '/'), true);
  }, [path.value, person.value]);
  return (
    <>
      {signedOut && !found ? (
        <SignIn />
      ) : found?.route.isOutside ? (
        <Page {...found} key={found.route.path} />
      ) : (
        <Shell>
          {found ? <Page {...found} key={found.route.path} /> : <p class="empty">{t('page.none')}</p>}
        </Shell>
      )}
      {palette.value && <Palette />}
      {overlay.value && <KeysOverlay />}
      <Dialogs />
      <Toasts />
    </>
  );
}
