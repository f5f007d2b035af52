// desk.ts - what tests of trading share: instruments of their own, orders through the ticket and past it.
import type { Page } from '@playwright/test';
import { expect, signIn, unique, type User, type Venue } from './venue';

/** A price that nobody asks less than, and nobody bids: in cents, for tests do no money. */
export async function bestAsk(venue: Venue, symbol: string): Promise<string> {
  const { bids, asks } = await venue.ask('GET', `market/${symbol}/book?depth=1`);
  const cents = (level: { price: string } | undefined) => level && Number(level.price.replace('.', ''));
  const [bid, ask] = [cents(bids[0]), cents(asks[0])];
  const price = ask ? ask - 1 : bid ? bid + 100 : 1234;
  return `${Math.floor(price / 100)}.${String(price % 100).padStart(2, '0')}`;
}

export interface Listed {
  base: string;
  symbol: string;
}

/** An instrument that nobody else trades, so that its book is this test's alone. */
export async function ownInstrument(venue: Venue): Promise<Listed> {
  const base = `T${unique('').replaceAll('-', '').toUpperCase()}`;
  const symbol = `${base}-EUR`;
  await venue.ask('POST', 'admin/assets', { code: base, name: 'Of a test', kind: 'certificate', scale: 0 });
  await venue.ask('POST', 'admin/instruments', { symbol, base, quote: 'EUR' });
  return { base, symbol };
}

export async function as(
  venue: Venue,
  user: User,
  method: string,
  path: string,
  body?: unknown,
): Promise<any> {
  return venue.ask(method, path, body, await venue.tokenOf(user));
}

export async function order(
  page: Page,
  side: 'Buy' | 'Sell',
  base: string,
  entries: Record<string, string>,
): Promise<void> {
  const ticket = page.getByRole('region', { name: 'New order' });
  await ticket.getByRole('button', { name: side, exact: false }).first().click();
  if ('Limit price' in entries) await ticket.getByLabel('Type').selectOption('limit');
  for (const [label, value] of Object.entries(entries)) await ticket.getByLabel(label).fill(value);
  await ticket.getByRole('button', { name: `${side} ${base}` }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: `${side} ${base}` })
    .click();
}

/** The desk of an instrument, live: of whoever is signed in, or signs in now. */
export async function openDesk(page: Page, symbol: string, user?: User): Promise<void> {
  if (user) await signIn(page, user, `/trade/${symbol}`);
  else await page.goto(`/trade/${symbol}`);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
}
