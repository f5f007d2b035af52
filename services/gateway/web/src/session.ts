// session.ts - who is signed in. The tokens are in cookies; this knows the person, the CSRF token, and when to renew.
import { computed, signal } from '@preact/signals';
import * as ops from './api/generated/operations';
import { call, Problem } from './api/client';
import { csrf, onSession } from './api/session-state';
import type { Answer, Operation, OperationId, Role } from './api/types';
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

const RENEW_BEFORE_S = 60;
let timer: ReturnType<typeof setTimeout> | undefined;

function remember(token: string | undefined): void {
  if (!token) return;
  csrf.value = token;
  try {
    sessionStorage.setItem('bourse.csrf', token);
  } catch {
    // Then it is asked for anew.
  }
}

function renewIn(seconds: number): void {
  keep('renewed', String(Date.now()));
  clearTimeout(timer);
  timer = setTimeout(() => void renew(), Math.max(seconds - RENEW_BEFORE_S, 5) * 1000);
}

/** A refresh token is good once, for all tabs: one of them renews, the others go on with what it got. */
async function renew(): Promise<boolean> {
  const asked = Date.now();
  return navigator.locks.request('bourse.renew', async () => {
    if (Number(kept('renewed') ?? 0) > asked) return true;
    try {
      const pair = await call(ops.refreshSession);
      remember(pair.csrf_token);
      renewIn(pair.expires_in);
      return true;
    } catch {
      return false;
    }
  });
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
  person.value = null;
  csrf.value = '';
  clearTimeout(timer);
}

/** With the cookies of before, if they are good. Who never signed in here is not asked for. */
export async function resume(): Promise<void> {
  if (kept('signed-in')) await tryCookies();
  known.value = true;
}

async function tryCookies(): Promise<void> {
  try {
    csrf.value = sessionStorage.getItem('bourse.csrf') ?? '';
  } catch {
    // As above.
  }
  try {
    person.value = await call(ops.getMe);
    remember((await call(ops.getCsrfToken)).csrf_token);
    renewIn(300);
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
