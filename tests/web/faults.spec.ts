// faults.spec.ts - what a trader sees while something of the venue is down, and that nothing is lost or done twice by it.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { as, openDesk, order, ownInstrument } from './desk';
import { expect, test } from './venue';

const PROCESS = fileURLToPath(new URL('../../infra/process', import.meta.url));
const act = (...words: string[]) => execFileSync(PROCESS, words, { encoding: 'utf8', stdio: 'pipe' });

test.use({ allowed: /net::ERR_/ });
test.afterEach(() => act('start', 'kafka', 'gateway'));

test('an order whose gateway goes away is unknown, then found, and placed once', async ({ page, venue }) => {
  const { base, symbol } = await ownInstrument(venue);
  const trader = await venue.trader('trader', { EUR: '1000' });
  const token = await venue.tokenOf(trader);
  await openDesk(page, symbol, trader);
  const ticket = page.getByRole('region', { name: 'New order' });
  await ticket.getByLabel('Type').selectOption('limit');
  await ticket.getByLabel('Quantity').fill('10');
  await ticket.getByLabel('Limit price').fill('12.50');
  await ticket.getByRole('button', { name: `Buy ${base}` }).click();
  const confirm = page.getByRole('dialog').getByRole('button', { name: `Buy ${base}` });
  await expect(confirm).toBeEnabled();
  // The order is placed, and its answer lost with the gateway.
  await page.route(
    '**/api/v1/orders',
    async (route) => {
      expect((await route.fetch()).status()).toBe(201);
      act('kill', 'gateway');
      await route.abort('connectionreset');
    },
    { times: 1 },
  );
  await confirm.click();
  await expect(page.getByText('What became of the order is not known yet')).toBeVisible();
  await expect(page.getByText('Connection lost')).toBeVisible();
  act('start', 'gateway');
  await expect(page.getByRole('status').filter({ hasText: `Buy 10.00 ${symbol}` })).toBeVisible({
    timeout: 60_000,
  });
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  const orders = await venue.ask('GET', `orders?instrument=${symbol}`, undefined, token);
  expect(orders.items).toHaveLength(1);
  const blotter = page.getByRole('region', { name: 'Your orders' });
  await expect(blotter.getByRole('row').filter({ hasText: '12.50' })).toBeVisible();
});

test('while the broker restarts nothing that is shown is false, and then it goes on', async ({
  page,
  venue,
}) => {
  test.setTimeout(300_000);
  const { base, symbol } = await ownInstrument(venue);
  const trader = await venue.trader('trader', { EUR: '1000' });
  const seller = await venue.trader('seller', { [base]: '100' });
  await openDesk(page, symbol, trader);
  await order(page, 'Buy', base, { Quantity: '10', 'Limit price': '12.50' });
  const book = page.getByRole('table', { name: `Order book of ${symbol}` });
  await expect(book.getByRole('button', { name: 'Bid 12.50' })).toBeVisible();

  act('restart', 'kafka');
  await expect(book.getByRole('button', { name: 'Bid 12.50' })).toBeVisible();
  const sale = { instrument: symbol, side: 'sell', type: 'limit', quantity: '4', limit_price: '12.50' };
  await expect(async () => as(venue, seller, 'POST', 'orders', sale), 'the venue is back').toPass();
  const row = page.getByRole('region', { name: 'Your orders' }).getByRole('row').filter({ hasText: '12.50' });
  await expect(row).toContainText('Partly filled', { timeout: 60_000 });
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
});
