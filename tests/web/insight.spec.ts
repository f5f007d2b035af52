import type { Page } from '@playwright/test';
import { as, type Listed, ownInstrument } from './desk';
import { readsWell } from './reading';
import { expect, signIn, test, type User, type Venue } from './venue';

interface Traded extends Listed {
  trader: User;
}

/** Somebody who bought 10 at 12.50 and offers 4 of them. */
async function traded(venue: Venue): Promise<Traded> {
  const listed = await ownInstrument(venue);
  const trader = await venue.trader('trader', { EUR: '1000' });
  const seller = await venue.trader('seller', { [listed.base]: '100' });
  const terms = { instrument: listed.symbol, type: 'limit', limit_price: '12.50' };
  await as(venue, seller, 'POST', 'orders', { ...terms, side: 'sell', quantity: '10' });
  await as(venue, trader, 'POST', 'orders', { ...terms, side: 'buy', quantity: '10' });
  const offer = { ...terms, side: 'sell', quantity: '4', limit_price: '13.00' };
  await expect(async () => as(venue, trader, 'POST', 'orders', offer), 'what was bought is there').toPass();
  return { ...listed, trader };
}

const tile = (page: Page, name: string) =>
  page.locator('.tiles > div').filter({ has: page.getByText(name, { exact: true }) });

test('the dashboards say what one has, trades and risks, each chart as a table too', async ({
  page,
  venue,
}) => {
  const { symbol, base, trader } = await traded(venue);
  await signIn(page, trader, '/overview');
  await expect(tile(page, 'Worth')).toContainText('1,000.00');
  await expect(tile(page, 'Cash, free')).toContainText('875.00');
  const worth = page.getByRole('region', { name: 'Worth' });
  await expect(worth.locator('canvas')).toBeVisible();
  await worth.getByRole('button', { name: 'As a table' }).click();
  await expect(worth.getByRole('row').nth(1)).toContainText('1,000.00');
  const shares = page.getByRole('region', { name: 'By asset' }).first();
  await expect(shares.getByRole('row').filter({ hasText: base })).toContainText('12.50 %');

  await page.getByRole('link', { name: 'Trading today' }).click();
  await expect(tile(page, 'Bought today')).toContainText('125.00');
  await expect(page.getByRole('table', { name: 'Open orders' })).toContainText('13.00');

  await page.getByRole('link', { name: 'Risk', exact: true }).click();
  await expect(tile(page, 'Exposure, share')).toContainText('12.50 %');
  await expect(page.getByRole('table', { name: 'Locked by open orders' })).toContainText(base);

  await page.getByRole('link', { name: 'Analytics' }).click();
  await page.getByLabel('From').fill(new Date().toISOString().slice(0, 10));
  await expect(page).toHaveURL(/from=/);
  const profit = page.getByRole('region', { name: 'Profit and loss' });
  await profit.getByRole('button', { name: 'As a table' }).click();
  await expect(profit.getByRole('row')).toHaveCount(2);
  await profit.getByRole('link', { name: 'Details' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Day');
  await expect(page.getByRole('table', { name: 'Settlements' })).toContainText(symbol);
});

test('what was asked before and answers later does not take the place of what was asked last', async ({
  page,
  venue,
}) => {
  const { trader } = await traded(venue);
  let release = () => {};
  const released = new Promise<void>((done) => (release = done));
  const late = page.waitForEvent('requestfailed', (request) => /\/pnl$/.test(request.url()));
  await page.route(/\/pnl$/, async (route) => {
    await released;
    await route.continue().catch(() => {}); // nobody waits for it any more
  });
  await signIn(page, trader, '/analytics');
  await page.getByLabel('From').fill(new Date().toISOString().slice(0, 10));
  const profit = page.getByRole('region', { name: 'Profit and loss' });
  await profit.getByRole('button', { name: 'As a table' }).click();
  await expect(profit.getByRole('row')).toHaveCount(2);
  release();
  await late;
  await expect(profit.getByRole('row')).toHaveCount(2);
});

test('from a position down to the trade and its event', async ({ page, venue }) => {
  const { symbol, trader } = await traded(venue);
  await signIn(page, trader, '/portfolio');
  const held = page.getByRole('row').filter({ hasText: symbol });
  await held.getByRole('link', { name: 'History' }).click();
  const made = page.getByRole('table', { name: 'Settlements' });
  await made.getByRole('link').first().click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Order');
  await page.getByRole('table', { name: 'Trades' }).getByRole('link').first().click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Trade');
  await expect(page.getByText('OrderEntered')).toBeVisible();

  await page.goto('/orders');
  await page.getByRole('row').filter({ hasText: '13.00' }).getByRole('button').first().click();
  await expect(page.getByRole('table', { name: 'What became of it' })).toContainText('OrderEntered');
});

test('an operator goes from an account to all that it has', async ({ page, venue }) => {
  const { symbol, trader } = await traded(venue);
  await signIn(page, await venue.staff('operator'), `/admin/accounts?open=${trader.account_id}`);
  await page.getByRole('link', { name: 'Details' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Account');
  await expect(page.getByRole('table', { name: 'Positions' })).toContainText(symbol);
  await expect(page.getByRole('table', { name: 'Events' })).toContainText('OrderAuthorized');
});

test('trading and the dashboards read well in both themes and at every width', async ({
  page,
  venue,
}, info) => {
  test.setTimeout(600_000);
  const { symbol, trader } = await traded(venue);
  await signIn(page, trader);
  const { items } = await as(venue, trader, 'GET', 'trades');
  const paths = ['/market', `/trade/${symbol}`, '/portfolio', '/orders', '/trades', '/overview', '/activity'];
  paths.push('/risk', '/analytics', `/drill/trades/${items[0].trade_id}`, `/drill/positions/${symbol}`);
  for (const path of paths) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.locator('.loading, [aria-busy="true"]')).toHaveCount(0);
    await readsWell(page, info, path.split('/').slice(1, 3).join('-').replace(symbol, 'symbol'));
  }
});
