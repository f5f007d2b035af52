// sign-in.tsx - e-mail and password, then a code where a second factor is on. A refusal says what a person can do.
import { useState } from 'preact/hooks';
import { Problem } from '../api/client';
import { t } from '../i18n';
import { confirm, ended, signIn } from '../session';
import { Choices } from '../shell';
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

export function SignIn() {
  const [challenge, setChallenge] = useState('');
  const [refusal, setRefusal] = useState('');
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
        <div class="choices">
          <Choices />
        </div>
      </form>
    </main>
  );
}
