import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ask } from './client';
import { csrf } from './session-state';
import { sendSpans } from './trace';
import * as ops from './generated/operations';

beforeEach(() => {
  csrf.value = 'a token';
});
afterEach(() => {
  sendSpans();
  vi.unstubAllGlobals();
});

type Asked = { address: string; headers: Record<string, string>; body: string };

/** Answers one after the other, as a venue does that traces requests or none, and keeps what it was asked with. */
function network(statuses: number[], isTracing = false) {
  const asked: Asked[] = [];
  vi.stubGlobal('fetch', async (address: string, init: Omit<Asked, 'address'>) => {
    asked.push({ address, ...init });
    return new Response('{}', {
      status: statuses.shift() ?? 200,
      headers: {
        'Content-Type': 'application/json',
        'Retry-After': '0',
        traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-0${Number(isTracing)}`,
      },
    });
  });
  return asked;
}

const FORM = /^00-([0-9a-f]{32})-([0-9a-f]{16})-(0[01])$/;
const parents = (asked: Asked[]) => asked.map(({ headers }) => FORM.exec(headers['traceparent']!)!);
const sent = (asked: Asked[]) =>
  asked.filter(({ address }) => address === ops.recordPageSpans.path).map(({ body }) => JSON.parse(body));

test('what is asked for again is the same trace, and its own span', async () => {
  const asked = network([503, 503, 201]);
  await ask(ops.placeOrder, { body: {} as never });
  const found = parents(asked);
  expect(found).toHaveLength(3);
  expect(new Set(found.map((one) => one[1])).size).toBe(1);
  expect(new Set(found.map((one) => one[2])).size).toBe(3);
});

test('what is asked for next is another trace', async () => {
  const asked = network([200, 200]);
  await ask(ops.listInstruments);
  await ask(ops.listInstruments);
  expect(new Set(parents(asked).map((one) => one[1])).size).toBe(2);
});

test('who is signed in asks to be traced, who could not send a span does not', async () => {
  const asked = network([200, 200, 200]);
  await ask(ops.listInstruments);
  await ask(ops.logout);
  csrf.value = '';
  await ask(ops.listInstruments);
  expect(parents(asked).map((one) => one[3])).toEqual(['01', '00', '00']);
});

test('of what the venue traces the spans are sent, one for all of it and one for each request below', async () => {
  const asked = network([503, 201], true);
  await ask(ops.placeOrder, { body: {} as never });
  const [first, second] = parents(asked);
  sendSpans();
  const [{ sent_us, spans }] = sent(asked);
  const [root, ...requests] = spans;
  expect(asked[2]!.headers['X-CSRF-Token']).toBe('a token');
  expect(root).toMatchObject({ trace_id: first![1], operation: 'placeOrder', status: 201 });
  expect(root).not.toHaveProperty('parent_id');
  expect(
    requests.map((one: Record<string, unknown>) => [one['span_id'], one['parent_id'], one['status']]),
  ).toEqual([
    [first![2], root.span_id, 503],
    [second![2], root.span_id, 201],
  ]);
  for (const one of spans) {
    expect(root.began_us <= one.began_us && one.began_us <= one.ended_us).toBe(true);
    expect(one.ended_us <= root.ended_us && root.ended_us <= sent_us).toBe(true);
  }
  sendSpans();
  expect(sent(asked)).toHaveLength(1);
});

test('a venue that traces nothing is sent nothing', async () => {
  const asked = network([201]);
  await ask(ops.placeOrder, { body: {} as never });
  sendSpans();
  expect(asked).toHaveLength(1);
});

test('nobody is signed in any more: what waits is not sent', async () => {
  const asked = network([201], true);
  await ask(ops.placeOrder, { body: {} as never });
  csrf.value = '';
  sendSpans();
  expect(asked).toHaveLength(1);
});

test('more than a request may have goes in several', async () => {
  const asked = network([], true);
  for (let i = 0; i < 40; i++) await ask(ops.listInstruments);
  sendSpans();
  const sizes = sent(asked).map(({ spans }) => spans.length);
  expect(sizes).toEqual([64, 16]);
});
