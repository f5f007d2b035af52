import { as, bestAsk, openDesk, order, ownInstrument } from './desk';
import { expect, signIn, test } from './venue';

test('what an order would cost, or why it would be refused, is said before it is sent', async ({
  page,
  venue,
}) => {
  const { symbol } = await ownInstrument(venue);
  const trader = await venue.trader('trader', { EUR: '1000' });
  await openDesk(page, symbol, trader);
  const ticket = page.getByRole('region', { name: 'New order' });
  await ticket.getByLabel('Type').selectOption('limit');
  await ticket.getByLabel('Quantity').fill('10');
  await ticket.getByLabel('Limit price').fill('12.50');
  await expect(ticket.getByText('125.00 EUR')).toBeVisible();
  await ticket.getByLabel('Quantity').fill('1000');
  await expect(ticket.getByText('This would be refused.')).toBeVisible();
  await ticket.getByLabel('Quantity').press('ArrowUp');
  await expect(ticket.getByLabel('Quantity')).toHaveValue('1001');
});

test('an order is placed, seen in the book and canceled, without a reload', async ({ page, venue }) => {
  const { base, symbol } = await ownInstrument(venue);
  const trader = await venue.trader('trader', { EUR: '1000' });
  await openDesk(page, symbol, trader);
  await order(page, 'Buy', base, { Quantity: '10', 'Limit price': '12.50' });
  await expect(page.getByRole('status').filter({ hasText: `Buy 10.00 ${symbol}` })).toBeVisible();
  const book = page.getByRole('table', { name: `Order book of ${symbol}` });
  await expect(book.getByRole('button', { name: 'Bid 12.50' })).toBeVisible();
  await expect(book.getByText('You have an order here')).toBeAttached();
  const terms = { instrument: symbol, side: 'buy', type: 'limit', quantity: '1', limit_price: '12.40' };
  await as(venue, trader, 'POST', 'orders', terms);
  await book.getByRole('button', { name: 'Bid 12.40' }).click({ button: 'right' });
  await expect(book.getByRole('button', { name: 'Bid 12.40' })).toBeHidden();

  const blotter = page.getByRole('region', { name: 'Your orders' });
  await expect(blotter.getByRole('row').filter({ hasText: '12.50' })).toBeVisible();
  await blotter.getByRole('button', { name: 'Cancel all' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel all' }).click();
  await expect(blotter.getByText('No open orders.')).toBeVisible();
  await expect(book.getByRole('button', { name: 'Bid 12.50' })).toBeHidden();
});

test('an offer appears anonymously, a client buys it, and the market maker is paid on screen', async ({
  page,
  browser,
  venue,
}) => {
  const maker = await venue.marketMaker('Anonymous Carbon', { CEA: '500' });
  const client = await venue.trader('client', { EUR: '50000' });
  const operator = await venue.staff('operator');
  const price = await bestAsk(venue, 'CEA-EUR');
  await signIn(page, client, '/market');
  const offers = page.getByRole('table', { name: 'Offers' });
  const { instrument } = await venue.ask('POST', 'admin/market-orders', {
    market_maker_id: maker.id,
    asset: 'CEA',
    quantity: '100',
    price,
  });
  const offer = offers.getByRole('row').filter({ hasText: price });
  await expect(offer).toBeVisible();
  await expect(page.getByRole('main')).not.toContainText(maker.name);

  const desk = await (
    await browser.newContext({ ignoreHTTPSErrors: true, baseURL: process.env['BOURSE_URL']! })
  ).newPage();
  await signIn(desk, operator);
  await desk.goto('/admin/market-makers');
  const row = desk.getByRole('row').filter({ hasText: maker.name });
  await expect(row).toContainText('400');

  await offer.getByRole('link', { name: 'Buy' }).click();
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await order(page, 'Buy', 'CEA', { Quantity: '100', 'Limit price': price });
  await expect(page.getByRole('status').filter({ hasText: `Buy 100.00 ${instrument}` })).toBeVisible();
  await expect(async () => {
    const sold = await row.getByRole('cell').allInnerTexts();
    expect(sold).not.toContain('100.00');
  }, 'what was locked for the offer is sold').toPass();
  await page.getByRole('tab', { name: 'Fills' }).click();
  await expect(page.getByRole('tabpanel').getByRole('row').filter({ hasText: '100.00' })).toBeVisible();
});

test('a stop fires on screen', async ({ page, venue }) => {
  const { base, symbol } = await ownInstrument(venue);
  const holder = await venue.trader('holder', { EUR: '10000', [base]: '100' });
  const other = await venue.trader('other', { EUR: '10000' });
  await openDesk(page, symbol, holder);
  const ticket = page.getByRole('region', { name: 'New order' });
  await ticket.getByLabel('Type').selectOption('stop');
  await order(page, 'Sell', base, { Quantity: '5', 'Stop price': '11.00' });
  const blotter = page.getByRole('region', { name: 'Your orders' });
  await expect(blotter.getByRole('row').filter({ hasText: '11.00' })).toBeVisible();

  const bid = { instrument: symbol, side: 'buy', type: 'limit', quantity: '10', limit_price: '10.90' };
  await as(venue, other, 'POST', 'orders', bid);
  const third = await venue.trader('third', { [base]: '100' });
  await as(venue, third, 'POST', 'orders', { ...bid, side: 'sell', quantity: '1' });
  await expect(page.getByRole('status').filter({ hasText: 'the stop has fired' })).toBeVisible();
  await expect(blotter.getByText('No open orders.')).toBeVisible();
});

test('the trading page loads less than 150 kB of compressed script', async ({ page, venue }) => {
  const { symbol } = await ownInstrument(venue);
  const sizes: Promise<number>[] = [];
  page.on('requestfinished', (request) => {
    if (request.resourceType() === 'script')
      sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
  });
  await page.goto(`/trade/${symbol}`);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(page.locator('.drawing canvas').first()).toBeVisible();
  const loaded = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  expect(loaded).toBeGreaterThan(0);
  expect(loaded).toBeLessThan(150_000);
});
