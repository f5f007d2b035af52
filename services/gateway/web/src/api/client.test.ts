import { afterEach, expect, test, vi } from 'vitest';
import { ask } from './client';
import { newTrace, traceparent } from './trace';
import * as ops from './generated/operations';

afterEach(() => vi.unstubAllGlobals());

/** Answers one after the other, and keeps what it was asked with. */
function network(...statuses: number[]) {
  const asked: Record<string, string>[] = [];
  vi.stubGlobal('fetch', async (_: string, init: { headers: Record<string, string> }) => {
    asked.push(init.headers);
    return new Response('{}', {
      status: statuses.shift()!,
      headers: { 'Content-Type': 'application/json', 'Retry-After': '0' },
    });
  });
  return asked;
}

const FORM = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/;

test('a traceparent is as W3C has it, and never the same', () => {
  const trace = newTrace();
  const [first, second] = [traceparent(trace), traceparent(trace)].map((one) => FORM.exec(one.traceparent)!);
  expect([first![1], second![1]]).toEqual([trace, trace]);
  expect(first![2]).not.toBe(second![2]);
  expect(newTrace()).not.toBe(trace);
});

test('what is asked for again is the same trace, and its own span', async () => {
  const asked = network(503, 503, 201);
  await ask(ops.placeOrder, { body: {} as never });
  const found = asked.map((headers) => FORM.exec(headers['traceparent']!)!);
  expect(found).toHaveLength(3);
  expect(new Set(found.map((one) => one[1])).size).toBe(1);
  expect(new Set(found.map((one) => one[2])).size).toBe(3);
});

test('what is asked for next is another trace', async () => {
  const asked = network(200, 200);
  await ask(ops.listInstruments);
  await ask(ops.listInstruments);
  expect(new Set(asked.map((headers) => FORM.exec(headers['traceparent']!)![1])).size).toBe(2);
});
