// own.ts - what is the caller's own, live: open orders, balances, and what happens to them. One stream for all that is
// shown at a time.
import { computed, signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import * as ops from '../api/generated/operations';
import { learnPosition } from '../api/client';
import type { Answer, Item } from '../api/types';
import { t, word } from '../i18n';
import { eachFrame, Stream } from '../live';
import { showDecimal } from '../money';
import { may, person } from '../session';
import type { Message } from '../sse';
import { useSoon } from '../ui/list';
import { toast } from '../ui/toast';

export type Order = Item<'listOrders'>;
export type Balances = Answer<'getPortfolio'>['balances'];

interface Told {
  at: string;
  order: Order;
  code?: string;
  message?: string;
  fill?: { price: string; quantity: string };
  balances?: Balances;
}

const orders = new Map<string, Order>();
let held: Balances = {};

const state = signal<{ orders: Order[]; balances: Balances }>({ orders: [], balances: {} });
export const openOrders = computed(() => state.value.orders);
export const balances = computed(() => state.value.balances);
/** Moves when something of the account's has changed: what is read elsewhere is then read again. */
export const changed = signal(0);

const draw = eachFrame(() => {
  const newestFirst = [...orders.values()].sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
  state.value = { orders: newestFirst, balances: held };
  changed.value++;
});

const HAS_ENDED = new Set<string>(['filled', 'canceled', 'expired', 'rejected']);
export const isOpen = (order: Order): boolean => !HAS_ENDED.has(order.status);

/** An order in words: "Sell 5 CEA-EUR". */
export const orderText = (order: Pick<Order, 'side' | 'quantity' | 'instrument'>) =>
  `${word('value', order.side)} ${showDecimal(order.quantity)} ${order.instrument}`;

/** What happens to an order behind its owner's back is said; what they just did themselves the ticket says. */
function announce(event: string, { at, order, message }: Told): void {
  if (order.created_at === at) return;
  const what = orderText(order);
  if (event === 'fill')
    toast('good', t('own.filled', { what, price: showDecimal(order.average_fill_price) }));
  if (event === 'triggered') toast('good', t('own.triggered', { what }));
  if (event === 'expired') toast('waiting', t('own.expired', { what }));
  if (event === 'rejected') toast('bad', t('own.rejected', { what, why: message ?? '' }));
}

function keepOrder(order: Order): void {
  if (isOpen(order)) orders.set(order.id, order);
  else orders.delete(order.id);
}

function take({ event, data }: Message): void {
  const told = JSON.parse(data) as Told & { orders?: Order[] };
  if (event === 'snapshot' || event === 'reset') orders.clear();
  for (const order of told.orders ?? []) keepOrder(order);
  if (told.order) keepOrder(told.order);
  if (told.balances) held = event === 'snapshot' ? told.balances : { ...held, ...told.balances };
  if (told.order) announce(event, told);
  draw();
}

const stream = new Stream(ops.streamOwn.path, take, { asSomebody: true, moved: learnPosition });
let holders = 0;

function forget(): void {
  orders.clear();
  held = {};
  stream.close();
  stream.forget();
  draw();
}

/** Keeps the own stream for as long as the component is there and somebody is signed in. */
export function useOwn(): void {
  const who = person.value?.id;
  useEffect(() => {
    if (!who || !may(ops.streamOwn)) return undefined;
    holders++;
    stream.open();
    return () => {
      if (--holders === 0) forget();
    };
  }, [who]);
}

const RELOAD_MS = 400;

/** Runs `reload` soon after something of the account's has changed. */
export const useFresh = (reload: () => unknown): void => useSoon(changed.value, reload, RELOAD_MS);

/** Moves soon after something of the account's has changed. */
export function useMoved(): number {
  const [moved, move] = useState(0);
  useFresh(() => move((before) => before + 1));
  return moved;
}
