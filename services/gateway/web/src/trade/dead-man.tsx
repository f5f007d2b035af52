// dead-man.tsx - a dead man's switch: while it is on, this page says every so often that it is still there. Once it does not
// any more (it was closed, cut off, signed out of), the venue cancels all open orders of the account.
import { effect, signal, untracked } from '@preact/signals';
import { useState } from 'preact/hooks';
import * as ops from '../api/generated/operations';
import { call, Problem } from '../api/client';
import { t } from '../i18n';
import { deadManOf as keptAs, person } from '../session';
import { keep, kept } from '../storage';
import { Dialog } from '../ui/dialog';
import { Input } from '../ui/form';
import { problemText, toastProblem } from '../ui/toast';
import { clock } from './clock';

const TIMES_S = ['10', '30', '60', '300'];
const USUAL_S = '60';
/** How often it is said within the time that is given. */
const TIMES_WITHIN = 3;

interface Armed {
  timeout_s: number;
  cancel_at: string | null;
  /** Why it could not be said the last time. */
  problem?: string;
}

const armed = signal<Armed | undefined>(undefined);
let timer: ReturnType<typeof setTimeout> | undefined;

/** Whose it is, while somebody is signed in. */
let whose = '';

/** What is being said: the switch is put off behind it, not beside it. */
let saying = Promise.resolve();

/** Also by another page of this browser. */
const isOn = (timeout_s: number): boolean => kept(whose) === String(timeout_s);

async function ask(timeout_s: number): Promise<Armed> {
  try {
    const { cancel_at } = await call(ops.cancelOrdersAfter, { body: { timeout_s } });
    return { timeout_s, cancel_at };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { timeout_s, cancel_at: armed.value?.cancel_at ?? null, problem: problemText(error) };
  }
}

/** Says that the page is there, and will say so again. */
async function say(timeout_s: number): Promise<void> {
  clearTimeout(timer);
  const came = isOn(timeout_s) ? await ask(timeout_s) : undefined;
  armed.value = isOn(timeout_s) ? came : undefined;
  if (armed.value) timer = setTimeout(() => sayAgain(timeout_s), (timeout_s * 1000) / TIMES_WITHIN);
}

function sayAgain(timeout_s: number): void {
  saying = say(timeout_s);
}

function arm(timeout_s: number): void {
  keep(whose, String(timeout_s));
  sayAgain(timeout_s);
}

async function disarm(): Promise<void> {
  clearTimeout(timer);
  keep(whose, '');
  await saying;
  try {
    await call(ops.cancelOrdersAfter, { body: { timeout_s: 0 } });
    armed.value = undefined;
  } catch (error) {
    toastProblem(error);
  }
}

// Who signs out is gone: what then happens is the venue's, and the next time begins without it.
effect(() => {
  clearTimeout(timer);
  armed.value = undefined;
  if (!person.value) {
    if (whose) keep(whose, '');
    whose = '';
    return;
  }
  whose = keptAs(person.value);
  const before = Number(kept(whose) || 0);
  if (before) untracked(() => sayAgain(before));
});

function Arm({ close }: { close: () => void }) {
  const [timeout_s, set] = useState(USUAL_S);
  return (
    <Dialog title={t('deadMan.title')} onClose={close}>
      <p>{t('deadMan.about')}</p>
      <Input
        leaf={{ name: 'timeout_s', field: { name: 'timeout_s', kind: 'choice', required: true } }}
        options={{
          label: 'deadMan.after',
          choices: TIMES_S.map((time) => [time, t('age.seconds', { count: time })]),
        }}
        value={timeout_s}
        error={undefined}
        onChange={(value) => set(String(value))}
      />
      <footer class="confirm-buttons">
        <button onClick={close}>{t('back')}</button>
        <button
          class="primary"
          onClick={() => {
            arm(Number(timeout_s));
            close();
          }}
        >
          {t('deadMan.on')}
        </button>
      </footer>
    </Dialog>
  );
}

export function DeadMan() {
  const [asking, setAsking] = useState(false);
  if (armed.value) {
    const { cancel_at, problem } = armed.value;
    const time = cancel_at ? clock(cancel_at) : '–';
    return (
      <>
        <span class={`status ${problem ? 'bad' : 'waiting'}`} title={problem}>
          {t(problem ? 'deadMan.unsaid' : 'deadMan.isOn', { time })}
        </span>
        <button class="quiet" onClick={() => void disarm()}>
          {t('deadMan.off')}
        </button>
      </>
    );
  }
  return (
    <>
      <button class="quiet" onClick={() => setAsking(true)}>
        {t('deadMan.ask')}
      </button>
      {asking && <Arm close={() => setAsking(false)} />}
    </>
  );
}
