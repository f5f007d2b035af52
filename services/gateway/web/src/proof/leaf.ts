// leaf.ts - what of a ticket is in the venue's tree: its Avro encoding by `bourse.Ticket` (libs/proof/leaf.h). It is made
// of the ticket as it is shown, so what is read is what is proven, and not a hash that came along with it.
import type { Answer } from '../api/types';
import { type Bytes, fromHex, joined, utf8 } from './bytes';

export type Ticket = Answer<'getTicket'>;

const NIL = '00000000-0000-0000-0000-000000000000';
const HASH_SIZE = 32;

/** A whole number as Avro writes it: zigzag, seven bits a byte, the lowest first. */
function long(value: bigint | number): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}

function text(value: string): Bytes {
  const bytes = utf8(value);
  return joined([long(bytes.length), bytes]);
}

const optional = (value: string | null | undefined): Bytes =>
  value == null ? joined([long(0)]) : joined([long(1), text(value)]);

/** Microseconds since 1970 of a time as the API writes it: more than a Date has. */
function microsOf(time: string): bigint {
  const [, seconds, fraction] = /^([^.]+)\.(\d{6})Z$/.exec(time)!;
  return BigInt(Date.parse(`${seconds}Z`)) * 1000n + BigInt(fraction!);
}

/** The event that the ticket is about. One of a refusal that a gateway reported stands in that event itself, whose place,
 * id and hash are not in it. */
function eventOf(ticket: Ticket): { offset: number; id: string; hash: Bytes } {
  if (ticket.source?.topic === 'bourse.audit.events')
    return { offset: -1, id: NIL, hash: new Uint8Array(HASH_SIZE) };
  return { offset: ticket.source?.offset ?? 0, id: ticket.event_id ?? NIL, hash: fromHex(ticket.hash) };
}

export function leafOf(ticket: Ticket): Bytes {
  const event = eventOf(ticket);
  return joined([
    text(ticket.id ?? ''),
    text(ticket.command_id ?? ''),
    text(ticket.action),
    optional(ticket.entity_type),
    optional(ticket.entity_id),
    optional(ticket.account_id),
    optional(ticket.actor_id),
    long(ticket.outcome === 'success' ? 0 : 1),
    optional(ticket.code),
    text(ticket.source?.topic ?? ''),
    long(ticket.source?.partition ?? 0),
    long(event.offset),
    text(event.id),
    event.hash,
    long(microsOf(ticket.occurred_at)),
  ]);
}
