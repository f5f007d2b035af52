import type { Page, TestInfo } from '@playwright/test';
import { readsWell } from './reading';
import { expect, signIn, test, type User, type Venue } from './venue';

const OUTSIDE = ['/login', '/register', '/forgot-password', '/reset-password', '/verify-email'];
const OWN = [
  '/identity',
  '/funding',
  '/transactions',
  '/statements',
  '/tax-documents',
  '/notifications',
  '/support',
];
const MARKETS = ['/screener', '/alerts', '/news', '/calendar/economic', '/calendar/earnings', '/questions'];
const SETTINGS = ['', '/security', '/sessions', '/api-keys', '/security-log'].map(
  (page) => `/settings${page}`,
);

/** Something on every page. */
async function furnish(venue: Venue, client: User): Promise<string> {
  const token = await venue.tokenOf(client);
  const ask = (path: string, body: object) => venue.ask('POST', path, body, token);
  await ask('alerts', { instrument: 'CEA-EUR', condition: 'above', price: '99999.00' });
  await ask('funding/payment-methods', { kind: 'bank_account', iban: 'DE89 3704 0044 0532 0130 00' });
  await ask('statements', { from: '2026-01-01T00:00:00Z', to: new Date().toISOString() });
  await ask('settings/api-keys', { name: 'my program', scopes: ['read', 'trade'] });
  await ask('screener/screens', { name: 'What moves', filters: { volume: { above: '100' } } });
  await ask('support/tickets', { subject: 'Where is it?', category: 'funding', text: 'It left on Monday.' });
  await venue.ask('POST', 'admin/news', {
    category: 'markets',
    title: 'Certificates are dearer again',
    body: 'The third week in a row.\n\nNobody knows why.',
    symbols: ['CEA-EUR'],
  });
  await venue.ask('POST', 'admin/support/faq', {
    category: 'funding',
    question: 'How long does a deposit take?',
    answer: 'As long as your bank does.',
  });
  return (await ask('watchlists', { name: 'Mine', symbols: ['CEA-EUR', 'EUA-EUR'] })).id;
}

async function readAll(page: Page, info: TestInfo, paths: string[]): Promise<void> {
  for (const path of paths) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.locator('[aria-busy="true"], .loading')).toHaveCount(0);
    await readsWell(page, info, path.slice(1).replaceAll(/[/?=]/g, '-'));
  }
}

test('the way in reads well in both themes and at every width', async ({ page }, info) => {
  test.setTimeout(300_000);
  await readAll(page, info, OUTSIDE);
});

test('every page of a client reads well in both themes and at every width', async ({ page, venue }, info) => {
  test.setTimeout(900_000);
  const client = await venue.trader('shown', { EUR: '5000' });
  const watchlist = await furnish(venue, client);
  await signIn(page, client);
  await readAll(page, info, [...OWN, `/watchlists?open=${watchlist}`, ...MARKETS, ...SETTINGS]);
});
