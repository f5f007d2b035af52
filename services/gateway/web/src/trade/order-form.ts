// order-form.ts - what is asked of an order, by its type, and what is sent of it. Pure.
import * as ops from '../api/generated/operations';
import type { Body, Field } from '../api/types';
import { parseE8, printE8, readDecimal } from '../money';

export type NewOrder = Body<'placeOrder'>;
export type OrderType = NewOrder['type'];
/** As typed. */
export type Entries = Record<string, unknown>;

/** What must be said, what may be, and what may be in the part that opens. */
const ASKED: Record<OrderType, { needed: string[]; optional: string[]; more: string[] }> = {
  limit: {
    needed: ['quantity', 'limit_price'],
    optional: [],
    more: ['time_in_force', 'post_only', 'self_trade'],
  },
  market: { needed: ['quantity'], optional: [], more: ['self_trade'] },
  stop: { needed: ['quantity', 'stop_price'], optional: [], more: ['time_in_force'] },
  stop_limit: { needed: ['quantity', 'stop_price', 'limit_price'], optional: [], more: ['time_in_force'] },
  take_profit: { needed: ['quantity', 'stop_price'], optional: [], more: ['time_in_force'] },
  trailing_stop: {
    needed: ['quantity'],
    optional: ['trail_amount', 'trail_percent'],
    more: ['time_in_force'],
  },
};
const BRACKET = ['stop_loss_price', 'take_profit_price'];
/** Of what waits for a trigger. */
const WAITING_TIMES = ['gtc', 'day', 'gtd'];

const FIELDS = new Map<string, Field>(ops.placeOrder.body.map((field) => [field.name, field]));

export interface Asked {
  field: Field;
  /** In the part that opens. */
  isMore: boolean;
}

export function askedOf(type: OrderType, side: string, entries: Entries): Asked[] {
  const { needed, optional, more } = ASKED[type];
  const isPlain = type === 'limit' || type === 'market';
  const field = (name: string, required = false): Field => ({
    ...FIELDS.get(name)!,
    required,
    ...(name === 'time_in_force' && !isPlain && { choices: WAITING_TIMES }),
  });
  const hasBudget = side === 'buy' && !needed.includes('limit_price');
  const ends = more.includes('time_in_force') && entries['time_in_force'] === 'gtd';
  return [
    ...needed.map((name) => ({ field: field(name, true), isMore: false })),
    ...[...optional, ...(hasBudget ? ['max_notional'] : [])].map((name) => ({
      field: field(name),
      isMore: false,
    })),
    ...more.map((name) => ({ field: field(name), isMore: true })),
    ...(ends ? [{ field: field('expires_at', true), isMore: true }] : []),
    ...(side === 'buy' && isPlain ? BRACKET : []).map((name) => ({ field: field(name), isMore: true })),
  ];
}

export type Fault = 'form.required' | 'form.decimal' | 'ticket.onlyOneTrail' | 'ticket.oneTrail';

const textOf = (entries: Entries, name: string) => String(entries[name] ?? '').trim();

/** What is wrong with what was typed, by field, before anybody is asked. */
export function faultsOf(type: OrderType, side: string, entries: Entries): Record<string, Fault> {
  const faults: Record<string, Fault> = {};
  for (const { field } of askedOf(type, side, entries)) {
    const text = textOf(entries, field.name);
    if (text === '' && field.required) faults[field.name] = 'form.required';
    else if (text !== '' && field.kind === 'decimal' && readDecimal(text) === undefined)
      faults[field.name] = 'form.decimal';
  }
  const trails = ['trail_amount', 'trail_percent'].filter((name) => textOf(entries, name) !== '');
  if (type === 'trailing_stop' && trails.length !== 1)
    faults['trail_amount'] = trails.length ? 'ticket.onlyOneTrail' : 'ticket.oneTrail';
  return faults;
}

/** The order as the API takes it: of what was typed, that which its type asks for. */
export function orderOf(
  instrument: string,
  type: OrderType,
  side: 'buy' | 'sell',
  entries: Entries,
): NewOrder {
  const order: Record<string, unknown> = { instrument, side, type };
  for (const { field } of askedOf(type, side, entries)) {
    const value = entries[field.name];
    if (value === undefined || value === '' || value === false) continue;
    if (field.kind === 'decimal') order[field.name] = readDecimal(String(value));
    else if (field.kind === 'date-time') order[field.name] = new Date(String(value)).toISOString();
    else order[field.name] = value;
  }
  return order as unknown as NewOrder;
}

/** The next multiple of `step` above or below what was typed; never below one step. */
export function stepped(typed: string, step: string, up: boolean): string {
  const [value, size] = [parseE8(readDecimal(typed) ?? '0') ?? 0n, parseE8(step) ?? 0n];
  if (size <= 0n) return typed;
  const down = value % size === 0n ? value - size : value - (value % size);
  const next = up ? value - (value % size) + size : down;
  return printE8(next < size ? size : next);
}
