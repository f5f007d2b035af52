// session-state.ts - what a call has to know of the session: the CSRF token, how to go on with an expired one, and
// whom to tell when it is over. src/session.ts fills it in.
import { signal } from '@preact/signals';

/** Good for nothing without the cookies that no script can read. */
export const csrf = signal('');

let refresh: () => Promise<boolean> = async () => false;
let over: (code: string) => void = () => undefined;

export function onSession(hooks: { refresh: typeof refresh; over: typeof over }): void {
  ({ refresh, over } = hooks);
}

/** Whether a refused call is worth another try: the access token had expired, and there is another now. */
export async function keepSession(code: string): Promise<boolean> {
  return (code === 'TOKEN_EXPIRED' || code === 'UNAUTHENTICATED') && refresh();
}

export function sessionOver(code: string): void {
  over(code);
}
