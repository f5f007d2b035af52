import { as, openDesk, order, ownInstrument } from './desk';
import { expect, test } from './venue';

test('what a purchase fills is guarded by a pair, of which one fires and the other goes', async ({
  page,
  venue,
}) => {
  const { base, symbol } = await ownInstrument(venue);
  const trader = await venue.trader('trader', { EUR: '1000' });
  const other = await venue.trader('other', { EUR: '1000', [base]: '100' });
  await openDesk(page, symbol, trader);
  const ticket = page.getByRole('region', { name: 'New order' });
  await ticket.getByLabel('Type').selectOption('limit');
  await ticket.getByText('More: time in force, guards').click();
  const guards = { 'Stop loss price': '11.00', 'Take profit price': '14.00' };
  await order(page, 'Buy', base, { Quantity: '10', 'Limit price': '12.50', ...guards });
  const blotter = page.getByRole('region', { name: 'Your orders' });
  await expect(blotter.getByRole('row').filter({ hasText: '12.50' })).toBeVisible();

  const terms = { instrument: symbol, side: 'sell', type: 'limit', quantity: '10', limit_price: '12.50' };
  await as(venue, other, 'POST', 'orders', terms);
  await expect(blotter.getByRole('row').filter({ hasText: '@ 11.00' })).toBeVisible();
  await expect(blotter.getByRole('row').filter({ hasText: '14.00' })).toBeVisible();

  await as(venue, other, 'POST', 'orders', { ...terms, side: 'buy', quantity: '20', limit_price: '10.90' });
  const last = await venue.trader('last', { [base]: '10' });
  await as(venue, last, 'POST', 'orders', { ...terms, quantity: '1', limit_price: '10.90' });
  await expect(page.getByRole('status').filter({ hasText: 'the stop has fired' })).toBeVisible();
  await expect(blotter.getByText('No open orders.')).toBeVisible();
});

test('a trailing stop waits behind the price, and a stop to buy says what it may cost', async ({
  page,
  venue,
}) => {
  const { base, symbol } = await ownInstrument(venue);
  const trader = await venue.trader('trader', { EUR: '1000', [base]: '10' });
  const other = await venue.trader('other', { EUR: '1000', [base]: '10' });
  const terms = { instrument: symbol, type: 'limit', quantity: '1', limit_price: '12.50' };
  await as(venue, other, 'POST', 'orders', { ...terms, side: 'sell' });
  await as(venue, trader, 'POST', 'orders', { ...terms, side: 'buy' });
  await openDesk(page, symbol, trader);
  const ticket = page.getByRole('region', { name: 'New order' });
  await ticket.getByLabel('Type').selectOption('trailing_stop');
  await order(page, 'Sell', base, { Quantity: '5', 'Trail amount': '0.50' });
  const blotter = page.getByRole('region', { name: 'Your orders' });
  await expect(blotter.getByRole('row').filter({ hasText: 'Trailing stop @ 12.00' })).toBeVisible();

  await ticket.getByLabel('Type').selectOption('stop');
  await order(page, 'Buy', base, { Quantity: '5', 'Stop price': '13.00', 'Most it may cost': '70' });
  await expect(blotter.getByRole('row').filter({ hasText: 'Stop @ 13.00' })).toBeVisible();
});

test('an order is changed as it was seen, and who was overtaken is told', async ({ page, venue }) => {
  const { symbol } = await ownInstrument(venue);
  const trader = await venue.trader('trader', { EUR: '1000' });
  const terms = { instrument: symbol, side: 'buy', type: 'limit', quantity: '10', limit_price: '12.50' };
  const placed = await as(venue, trader, 'POST', 'orders', terms);
  await openDesk(page, symbol, trader);
  const blotter = page.getByRole('region', { name: 'Your orders' });
  await blotter.getByRole('button', { name: 'Change' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Quantity').fill('7');
  await expect(dialog.getByText('Place in its queue')).toBeVisible();
  await as(venue, trader, 'PATCH', `orders/${placed.id}`, { quantity: '9' });
  await dialog.getByRole('button', { name: 'Change' }).click();
  await dialog.getByRole('button', { name: 'Show what it is now' }).click();
  await expect(dialog.getByLabel('Quantity')).toHaveValue('9.00');
  await dialog.getByLabel('Quantity').fill('7');
  await dialog.getByRole('button', { name: 'Change' }).click();
  await expect(dialog).toBeHidden();
  await expect(blotter.getByRole('row').filter({ hasText: '7.00' })).toBeVisible();
});

test('a position is sold at once, and what that brings is said before', async ({ page, venue }) => {
  const { base, symbol } = await ownInstrument(venue);
  const trader = await venue.trader('trader', { EUR: '1000' });
  const other = await venue.trader('other', { EUR: '1000', [base]: '10' });
  const terms = { instrument: symbol, type: 'limit', quantity: '10', limit_price: '12.50' };
  await as(venue, other, 'POST', 'orders', { ...terms, side: 'sell' });
  await as(venue, trader, 'POST', 'orders', { ...terms, side: 'buy' });
  await as(venue, other, 'POST', 'orders', { ...terms, side: 'buy', limit_price: '12.00' });
  await openDesk(page, symbol, trader);
  const blotter = page.getByRole('region', { name: 'Your orders' });
  await blotter.getByRole('tab', { name: 'Positions' }).click();
  const held = blotter.getByRole('row').filter({ hasText: symbol });
  await held.getByRole('button', { name: 'Close' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText('−120.00')).toBeVisible();
  await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
  await expect(dialog).toBeHidden();
  await expect(held.getByRole('button', { name: 'Close' })).toHaveCount(0);
  await expect(held).toContainText('−5.00');
});

test('the ticket begins as its owner likes it, and asks only whom it shall ask', async ({ page, venue }) => {
  const { base, symbol } = await ownInstrument(venue);
  const trader = await venue.trader('trader', { EUR: '1000' });
  const likes = { default_order_type: 'limit', require_confirmation: false };
  await as(venue, trader, 'PUT', 'settings', likes);
  await openDesk(page, symbol, trader);
  const ticket = page.getByRole('region', { name: 'New order' });
  await expect(ticket.getByLabel('Type')).toHaveValue('limit');
  await ticket.getByLabel('Quantity').fill('10');
  await ticket.getByLabel('Limit price').fill('12.50');
  await ticket.getByRole('button', { name: `Buy ${base}` }).click();
  await expect(page.getByRole('status').filter({ hasText: `Buy 10.00 ${symbol}` })).toBeVisible();
});

test('all of the desk is in sight at once, one’s open orders too', async ({ page, venue }) => {
  const { symbol } = await ownInstrument(venue);
  const trader = await venue.trader('trader', { EUR: '1000' });
  const terms = { instrument: symbol, side: 'buy', type: 'limit', quantity: '1' };
  const token = await venue.tokenOf(trader);
  for (let i = 0; i < 12; i++)
    await venue.ask('POST', 'orders', { ...terms, limit_price: `${10 + i}.00` }, token);
  await openDesk(page, symbol, trader);
  const blotter = page.getByRole('region', { name: 'Your orders' });
  await expect(blotter.getByRole('row').nth(12)).toBeAttached();
  await expect(blotter.getByRole('button', { name: 'Cancel all' })).toBeInViewport({ ratio: 1 });
  await expect(blotter.getByRole('row').nth(1)).toBeInViewport({ ratio: 1 });
  await expect(page.getByRole('button', { name: /^Buy T/ })).toBeInViewport({ ratio: 1 });
  const rest = await page.evaluate(() => document.documentElement.scrollHeight - innerHeight);
  expect(rest, 'the page itself does not scroll').toBeLessThanOrEqual(0);
});

test('orders rest while their page says that it is there, and go once it does not', async ({
  page,
  venue,
}) => {
  const { symbol } = await ownInstrument(venue);
  const trader = await venue.trader('trader', { EUR: '1000' });
  const terms = { instrument: symbol, side: 'buy', type: 'limit', quantity: '10', limit_price: '12.50' };
  const placed = await as(venue, trader, 'POST', 'orders', terms);
  const order = () => as(venue, trader, 'GET', `orders/${placed.id}`);
  await openDesk(page, symbol, trader);
  await page.getByRole('button', { name: 'Cancel if I am gone…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Cancel after').selectOption('10');
  const said = () => page.waitForResponse('**/orders/cancel-after');
  const first = said();
  await dialog.getByRole('button', { name: 'Switch on' }).click();
  const { cancel_at } = await (await first).json();
  await expect(page.getByText(/Cancels at .* if I am gone/)).toBeVisible();
  const again = (await (await said()).json()).cancel_at;
  expect(again > cancel_at, `${again} is later than ${cancel_at}`).toBe(true);

  const reloaded = said();
  await page.reload();
  expect((await (await reloaded).json()).cancel_at > again).toBe(true);
  const off = said();
  await page.getByRole('button', { name: 'Switch off' }).click();
  expect((await (await off).json()).cancel_at).toBeNull();
  expect((await order()).status).toBe('open');

  // For a second only, that nobody waits here for longer.
  await page.route('**/orders/cancel-after', (route) => route.continue({ postData: '{"timeout_s":1}' }));
  await page.getByRole('button', { name: 'Cancel if I am gone…' }).click();
  const last = said();
  await dialog.getByRole('button', { name: 'Switch on' }).click();
  await last;
  await page.close();
  await expect.poll(async () => (await order()).end_reason).toBe('cancel_after');
});
