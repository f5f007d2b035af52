// session.ts - who is signed in. The tokens are in cookies; this knows the person, the CSRF token, and when to renew.
import { computed, signal } from '@preact/signals';
import * as ops from './api/generated/operations';
import { call, Problem } from './api/client';
import { csrf, onSession } from './api/session-state';
import { untraced } from './api/trace';
import type { Answer, Operation, OperationId, Role } from './api/types';
import { takePreferences } from './preferences';
import { go, path } from './router';
import { keep, kept } from './storage';

export type Person = Answer<'getMe'>;

export const person = signal<Person | null>(null);
/** Until the cookies were tried, nobody knows. */
export const known = signal(false);
/** Why the last session ended, to be said at the next sign-in. */
export const ended = signal<string | null>(null);

const roles = computed(() => new Set<string>(person.value?.roles ?? []));

export const isStaff = computed(() => ['operator', 'admin', 'auditor'].some((role) => roles.value.has(role)));
export const hasRole = (...wanted: Role[]): boolean => wanted.some((role) => roles.value.has(role));
/** Whether the caller may use an operation, as the document says. */
export const may = <Id extends OperationId>(operation: Operation<Id>): boolean =>
  operation.allow.includes('public') || operation.allow.some((role) => roles.value.has(role));

/** Under what this browser remembers that a dead man's switch of theirs is on (trade/dead-man.tsx), so that a page that is
 * loaded anew goes on with it. */
export const deadManOf = ({ account_id }: Person): string => `dead-man.${account_id}`;

const RENEW_BEFORE_S = 60;
/** Of cookies whose age nobody knows. */
const FIRST_S = 300;
const RETRY_S = 5;
let timer: ReturnType<typeof setTimeout> | undefined;

function remember(token: string | undefined): void {
  if (!token) return;
  csrf.value = token;
  keep('csrf', token);
}

function wake(seconds: number): void {
  clearTimeout(timer);
  // Where nothing came back it is tried again.
  timer = setTimeout(() => void renew().catch(() => wake(RETRY_S)), seconds * 1000);
}

function renewIn(seconds: number): void {
  keep('renewed', String(Date.now()));
  wake(Math.max(seconds - RENEW_BEFORE_S, RETRY_S));
}

/** A refresh token is good once, for all tabs: one of them renews, the others go on with what it got. The request
 * outlives a page that is left meanwhile, and sets its cookies; the next page waits for them. False: there is no session
 * to go on with. Throws where nothing came back, which says nothing of the session. */
async function renew(): Promise<boolean> {
  const asked = Date.now();
  return navigator.locks.request('bourse.renew', async () => {
    if (Number(kept('renewed') ?? 0) > asked) return true;
    if (await wasLeftRenewing()) {
      renewIn(FIRST_S);
      return true;
    }
    keep('renewing', String(Date.now()));
    try {
      const pair = await call(ops.refreshSession, { keepalive: true });
      remember(pair.csrf_token);
      renewIn(pair.expires_in);
      keep('renewing', '');
      return true;
    } catch (error) {
      if (!(error instanceof Problem) || ![401, 403].includes(error.status)) throw error;
      keep('renewing', '');
      return false;
    }
  });
}

const LEFT_MS = 5000;
const LEFT_STEP_MS = 200;

/** A page that was left has no answer to note: whether its request has one is seen by whether the cookies are good. */
async function wasLeftRenewing(): Promise<boolean> {
  const until = Number(kept('renewing') ?? 0) + LEFT_MS;
  while (Date.now() < until) {
    if ((await fetch(ops.getCsrfToken.path, { headers: untraced() })).ok) return true;
    await new Promise((resolve) => setTimeout(resolve, LEFT_STEP_MS));
  }
  return false;
}

onSession({
  refresh: renew,
  over: (code) => {
    if (!person.value) return;
    ended.value = code;
    forget();
  },
});

function forget(): void {
  keep('signed-in', '');
  keep('csrf', '');
  person.value = null;
  csrf.value = '';
  clearTimeout(timer);
}

/** What a sign-in through a provider has come to, which the venue says behind the #. It comes back without the page that one
 * went there for, which this browser has kept. */
export const outside = signal<{ challenge?: string; refused?: string }>({});

function readOutside(): void {
  const said = new URLSearchParams(location.hash.slice(1));
  if (said.has('signed-in')) {
    keep('signed-in', 'yes');
    void takePreferences();
  }
  const [challenge, refused] = [said.get('challenge'), said.get('refused')];
  outside.value = { ...(challenge && { challenge }), ...(refused && { refused }) };
  const next = kept('wanted');
  if (location.hash) go(next ? `/login?next=${encodeURIComponent(next)}` : '/login', true);
}

/** With the cookies of before, if they are good. Who never signed in here is not asked for. */
export async function resume(): Promise<void> {
  if (path.value === '/login') readOutside();
  if (kept('signed-in')) await tryCookies();
  known.value = true;
}

async function tryCookies(): Promise<void> {
  csrf.value = kept('csrf') ?? '';
  try {
    person.value = await call(ops.getMe);
    remember((await call(ops.getCsrfToken)).csrf_token);
    renewIn(FIRST_S);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    // A page that is left loses its answers, too: only who is told so is signed out.
    if (error.status === 401) forget();
  }
}

function begin(tokens: Answer<'login'>): void {
  remember(tokens.csrf_token);
  renewIn(tokens.expires_in);
  ended.value = null;
  keep('signed-in', 'yes');
  person.value = tokens.user;
  void takePreferences();
}

/** Signs in. A challenge: a code of the second factor is asked for, see confirm(). */
export async function signIn(email: string, password: string): Promise<{ challenge?: string }> {
  try {
    begin(await call(ops.login, { body: { email, password, cookie: true } }));
    return {};
  } catch (error) {
    if (error instanceof Problem && error.code === 'TWO_FACTOR_REQUIRED')
      return { challenge: String(error.members['challenge']) };
    throw error;
  }
}

export async function confirm(challenge: string, code: string): Promise<void> {
  begin(await call(ops.completeLogin, { body: { challenge, code, cookie: true } }));
}

export async function signOut(): Promise<void> {
  await call(ops.logout).catch(() => undefined);
  forget();
}
