// push.ts - notifications in this browser, also while no page of the venue is open: its worker (public/push.js), what that
// says, and the subscription at the push service of the browser's maker.
import * as ops from './api/generated/operations';
import { call } from './api/client';
import { t, word } from './i18n';

const WORKER = '/push.js';
const TEXTS = '/push-texts';
const KINDS = [
  'price_alert',
  'order_filled',
  'close_incomplete',
  'deposit',
  'withdrawal',
  'support',
] as const;
const STATES = ['pending', 'processing', 'completed', 'failed', 'canceled'];

export const canPush = (): boolean =>
  'serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis;

const workerHere = () => navigator.serviceWorker.getRegistration('/');

export async function subscriptionHere(): Promise<PushSubscription | null> {
  const worker = canPush() ? await workerHere() : undefined;
  return (await worker?.pushManager.getSubscription()) ?? null;
}

/** What the worker says, in the reader's language: it has no dictionary of its own. */
async function tellTexts(): Promise<void> {
  const kinds = Object.fromEntries(KINDS.map((kind) => [kind, t(`notification.${kind}`)]));
  const states = Object.fromEntries(STATES.map((state) => [state, word('value', state).toLowerCase()]));
  const cache = await caches.open('push');
  await cache.put(TEXTS, Response.json({ kinds, states }));
}

/** From here on this browser is told. 'denied': its user does not want that. */
export async function subscribeHere(publicKey: string): Promise<'subscribed' | 'denied'> {
  if ((await Notification.requestPermission()) !== 'granted') return 'denied';
  await tellTexts();
  await navigator.serviceWorker.register(WORKER, { updateViaCache: 'none' });
  const { pushManager } = await navigator.serviceWorker.ready;
  const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: publicKey });
  const { endpoint, keys } = made.toJSON() as { endpoint: string; keys: { p256dh: string; auth: string } };
  await call(ops.subscribePush, { body: { endpoint, ...keys } });
  return 'subscribed';
}
