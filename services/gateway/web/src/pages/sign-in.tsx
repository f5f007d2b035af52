// sign-in.tsx - e-mail and password, or an OpenID provider; then a code where a second factor is on. A refusal says what a
// person can do.
import { useEffect, useState } from 'preact/hooks';
import * as ops from '../api/generated/operations';
import { addressOf, call, Problem } from '../api/client';
import { t } from '../i18n';
import { path, query } from '../router';
import { confirm, ended, outside, signIn } from '../session';
import { Choices } from '../shell';
import { keep } from '../storage';
import { problemText } from '../ui/toast';

/** Runs a step of the sign-in; gives what was refused as a text. */
async function trying(step: () => Promise<void>): Promise<string> {
  try {
    await step();
    return '';
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return problemText(error);
  }
}

const REFUSALS = ['INVALID_CREDENTIALS', 'ACCOUNT_LOCKED', 'DEPENDENCY_DOWN'] as const;

/** What a sign-in through a provider was refused with. */
function outsideText(code: string | undefined): string {
  if (!code) return '';
  return t(`outside.${REFUSALS.find((one) => one === code) ?? 'UNAUTHENTICATED'}`);
}

/** The page that one came for: of the address, or the one that asks who one is. */
const wanted = () => (path.value === '/login' ? query.value.get('next') : path.value + location.search) ?? '';

/** Links to the providers that there are: the venue sends the browser there and takes it back. */
function Providers() {
  const [names, setNames] = useState<string[]>([]);
  useEffect(() => {
    call(ops.listSignInProviders)
      .then(({ items }) => setNames(items.map(({ name }) => name)))
      .catch(() => undefined);
  }, []);
  return (
    <>
      {names.map((provider) => (
        <a
          key={provider}
          class="button"
          rel="external"
          onClick={() => keep('wanted', wanted())}
          href={addressOf(ops.startOidc, { path: { provider }, query: { cookie: true } })}
        >
          {t('signIn.with', { provider })}
        </a>
      ))}
    </>
  );
}

export function SignIn() {
  const [challenge, setChallenge] = useState(outside.value.challenge ?? '');
  const [refusal, setRefusal] = useState(outsideText(outside.value.refused));
  const [busy, setBusy] = useState(false);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const given = new FormData(event.target as HTMLFormElement);
    const text = (name: string) => String(given.get(name) ?? '').trim();
    setBusy(true);
    setRefusal(
      await trying(async () => {
        if (challenge) await confirm(challenge, text('code'));
        else setChallenge((await signIn(text('email'), String(given.get('password') ?? ''))).challenge ?? '');
      }),
    );
    setBusy(false);
  };

  return (
    <main class="sign-in" id="main">
      <form class="form card" onSubmit={(event) => void submit(event)}>
        <h1>Bourse</h1>
        {ended.value && (
          <p class="notice" role="status">
            {t('signIn.ended')}
          </p>
        )}
        {challenge ? (
          <div class="field">
            <label for="code">{t('signIn.code')}</label>
            <input id="code" name="code" autoComplete="one-time-code" autoFocus required />
            <p class="hint">{t('signIn.codeHint')}</p>
          </div>
        ) : (
          <>
            <div class="field">
              <label for="email">{t('signIn.email')}</label>
              <input
                id="email"
                name="email"
                type="text"
                autoComplete="username"
                autoCapitalize="none"
                autoFocus
                required
              />
            </div>
            <div class="field">
              <label for="password">{t('signIn.password')}</label>
              <input id="password" name="password" type="password" autoComplete="current-password" required />
            </div>
          </>
        )}
        {refusal && (
          <p class="refusal" role="alert">
            {refusal}
          </p>
        )}
        <footer>
          <button type="submit" class="primary" disabled={busy} aria-busy={busy}>
            {t(challenge ? 'signIn.confirm' : 'signIn')}
          </button>
          {challenge && (
            <button type="button" class="quiet" onClick={() => setChallenge('')}>
              {t('back')}
            </button>
          )}
        </footer>
        {!challenge && (
          <>
            <Providers />
            <p class="hint links">
              <a href="/register">{t('page.register')}</a>
              <a href="/forgot-password">{t('signIn.forgot')}</a>
            </p>
          </>
        )}
        <div class="choices">
          <Choices />
        </div>
      </form>
    </main>
  );
}
