import { expect, test } from 'vitest';
import { MessageCutter } from './sse';

test('messages are whole, however the network cuts them', () => {
  const text =
    'retry: 2000\n\nid: orders/0:5\nevent: trade\ndata: {"price":"1.00"}\n\nid: orders/0:6\nevent: quote\ndata: {}\n\n';
  for (let size = 1; size < text.length; size++) {
    const cutter = new MessageCutter();
    const found = [];
    for (let at = 0; at < text.length; at += size) found.push(...cutter.take(text.slice(at, at + size)));
    expect(found).toEqual([
      { event: 'trade', data: '{"price":"1.00"}' },
      { event: 'quote', data: '{}' },
    ]);
    expect(cutter.lastId).toBe('orders/0:6');
  }
});

test('a heartbeat is no message, and moves the id', () => {
  const cutter = new MessageCutter();
  expect(cutter.take(': hb\nid: orders/0:9 accounts/0:1\n\n')).toEqual([]);
  expect(cutter.lastId).toBe('orders/0:9 accounts/0:1');
});
