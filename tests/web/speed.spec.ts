// speed.spec.ts - how the page draws what moves fast, and what is long.
import type { Browser, Page } from '@playwright/test';
import { openDesk, ownInstrument } from './desk';
import { expect, signIn, test } from './venue';

const UPDATES_A_SECOND = 60;
const SECONDS = 4;
const LEVELS = 40;

function crc32(text: string): number {
  let crc = ~0;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

interface Level {
  price: string;
  quantity: string;
  orders: number;
}

/** Forty levels a side, whose quantities are anew at each update; the best of them, too. */
function bookAt(number: number): { bids: Level[]; asks: Level[]; checksum: number } {
  const level = (cents: number, i: number): Level => ({
    price: `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`,
    quantity: `${((number * 7 + i * 13) % 900) + 1}.00`,
    orders: 1,
  });
  const bids = Array.from({ length: LEVELS }, (_, i) => level(1250 - i, i));
  const asks = Array.from({ length: LEVELS }, (_, i) => level(1251 + i, i));
  const text = [...bids.slice(0, 10), ...asks.slice(0, 10)].map(
    ({ price, quantity }) => `${price}:${quantity}`,
  );
  return { bids, asks, checksum: crc32(text.join('|')) };
}

/** A market stream's messages: a snapshot, then changes of the whole book with quotes and trades between. */
function messages(symbol: string): string[] {
  const told = (event: string, number: number, body: object) =>
    `id: orders/0:${number}\nevent: ${event}\ndata: ${JSON.stringify({ symbol, ...body })}\n\n`;
  return Array.from({ length: UPDATES_A_SECOND * SECONDS }, (_, i) => {
    const book = { sequence: i, ...bookAt(i) };
    if (i === 0) return told('snapshot', i, book);
    const quote = {
      bid: '12.50',
      ask: '12.51',
      last: i % 2 ? '12.50' : '12.51',
      mid: '12.505',
      spread: '0.01',
    };
    const at = new Date(Date.now() + i).toISOString();
    const trade = { trade_id: `trade-${i}`, price: '12.50', quantity: '1.00', side: 'buy', executed_at: at };
    return [
      told('book', i, { previous_sequence: i - 1, ...book }),
      told('quote', i, quote),
      i % 3 === 0 ? told('trade', i, trade) : '',
    ].join('');
  });
}

/** From here on the page's market stream is this one: its first message, and at that rate the others once it is stirred. */
async function feed(page: Page, given: string[]): Promise<void> {
  await page.addInitScript(
    ({ texts, every_ms }) => {
      const { fetch } = window;
      window.fetch = (input, init) => {
        if (!String(input).includes('/market/stream')) return fetch(input, init);
        let next = 0;
        const encoder = new TextEncoder();
        const body = new ReadableStream<Uint8Array>({
          start: (stream) => {
            stream.enqueue(encoder.encode(texts[next++]));
            addEventListener('stir', () => {
              const begun = performance.now();
              const timer = setInterval(() => {
                while (next < texts.length && next <= (performance.now() - begun) / every_ms)
                  stream.enqueue(encoder.encode(texts[next++]));
                if (next === texts.length) clearInterval(timer);
              }, every_ms);
            });
          },
        });
        return Promise.resolve(new Response(body, { headers: { 'Content-Type': 'text/event-stream' } }));
      };
    },
    { texts: given, every_ms: 1000 / UPDATES_A_SECOND },
  );
}

interface Event {
  name: string;
  ts: number;
  dur?: number;
  /** Of dur, what the thread had the processor. */
  tdur?: number;
  pid: number;
  tid: number;
  args?: { name?: string };
}

/** What the page's own thread did, and how long the longest of it took, in milliseconds: by the processor, and in all. */
function tasksOf(trace: Buffer): { busy: number; longest: number; frames: number } {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: Event[] };
  const isMain = ({ name, args }: Event) => name === 'thread_name' && args?.name === 'CrRendererMain';
  const mains = new Set(traceEvents.filter(isMain).map(({ pid, tid }) => `${pid}/${tid}`));
  const own = traceEvents.filter(({ pid, tid }) => mains.has(`${pid}/${tid}`));
  const tasks = own.filter(({ name }) => /\bRunTask$/.test(name));
  const most = (name: 'dur' | 'tdur') => Math.max(...tasks.map((task) => task[name] ?? 0)) / 1000;
  return {
    busy: most('tdur'),
    longest: most('dur'),
    frames: own.filter(({ name }) => name === 'FireAnimationFrame').length,
  };
}

async function traced(browser: Browser, page: Page, act: () => Promise<unknown>): Promise<Buffer> {
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline', '__metadata'] });
  await act();
  return browser.stopTracing();
}

test('a book that moves sixty times a second is drawn without a long task', async ({
  page,
  browser,
  venue,
}, info) => {
  const { symbol } = await ownInstrument(venue);
  await signIn(page, await venue.trader('watcher', { EUR: '1000' }));
  const given = messages(symbol);
  await feed(page, given);
  await openDesk(page, symbol);
  await expect(page.locator('.drawing canvas').first()).toBeVisible();
  const last = bookAt(given.length - 1).bids[0]!;
  const best = page
    .getByRole('table', { name: `Order book of ${symbol}` })
    .locator('tr.bid')
    .first();
  const trace = await traced(browser, page, async () => {
    await page.evaluate(() => dispatchEvent(new Event('stir')));
    await expect(best).toContainText(last.quantity, { timeout: 60_000 });
  });
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await page.screenshot({ path: info.outputPath('busy-desk.png') });
  const { busy, longest, frames } = tasksOf(trace);
  console.log(
    `${frames} frames, the longest task ${busy.toFixed(1)} ms, with waiting ${longest.toFixed(1)} ms`,
  );
  expect(frames).toBeGreaterThan(SECONDS);
  expect(busy).toBeGreaterThan(0); // how much is for who reads it: machines are shared
});

test('of a long list what is in sight is drawn, and the keyboard goes through all of it', async ({
  page,
  venue,
}) => {
  const auditor = await venue.staff('auditor');
  await signIn(page, auditor);
  const ticket = (i: number) => ({
    ticket_id: `TKT-2026-${String(i).padStart(6, '0')}`,
    action: 'RecordLogin',
    outcome: 'success',
    occurred_at: '2026-11-30T00:00:00.000000Z',
  });
  const items = Array.from({ length: 2000 }, (_, i) => ticket(i));
  await page.route('**/api/v1/admin/logging/tickets*', (route) =>
    route.fulfill({ json: { items, next_cursor: null } }),
  );
  await page.goto('/admin/audit');
  const rows = page.locator('tr[data-key]');
  await expect(rows.first()).toContainText('TKT-2026-000000');
  expect(await rows.count()).toBeLessThan(100);
  await expect(page.getByRole('table')).toHaveAttribute('aria-rowcount', '2001');

  for (let i = 0; i < 60; i++) await page.keyboard.press('j');
  const focused = page.locator('tr:focus');
  await expect(focused).toHaveAttribute('data-key', 'TKT-2026-000059');
  await expect(focused).toHaveAttribute('aria-rowindex', '61');

  await page.evaluate(() => scrollTo(0, 30_000));
  await expect.poll(async () => Number(await rows.last().getAttribute('data-index'))).toBeGreaterThan(500);
  await expect(focused, 'scrolling away takes no focus').toHaveAttribute('data-key', 'TKT-2026-000059');
  await page.keyboard.press('j');
  await expect(focused).toHaveAttribute('data-key', 'TKT-2026-000060');
  await expect(focused).toBeInViewport();
  expect(await rows.count()).toBeLessThan(100);
});
