import { expect, signIn, test } from './venue';

test('a market order locks certificates, and cancelling it unlocks them', async ({ page, venue }) => {
  const operator = await venue.staff('operator');
  const maker = await venue.marketMaker('Alpine Carbon', { CEA: '1000' });
  await signIn(page, operator);
  await page.getByRole('link', { name: 'Market orders' }).click();

  await page.getByRole('button', { name: 'New order' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Market maker').selectOption({ label: maker.name });
  await dialog.getByLabel('Quantity').fill('300');
  await dialog.getByLabel('Price').fill('1,000.00');
  await expect(dialog.getByText('700 CEA')).toBeVisible();
  await dialog.getByRole('button', { name: 'New order' }).click();
  await expect(
    page.getByText(/The order rests in the book; its quantity is locked\. Ticket TKT-/),
  ).toBeVisible();

  const filters = page.getByRole('search');
  await filters.getByLabel('Market maker').selectOption({ label: maker.name });
  await filters.getByLabel('Status').selectOption('open');
  const row = page.getByRole('row').filter({ hasText: maker.name });
  await expect(row).toHaveCount(1);
  await expect(row.getByRole('cell').nth(6)).toHaveText('300.00');
  await expect(page).toHaveURL(/market_maker_id=.*status=open/);

  await page.goto(`/admin/market-makers?open=${maker.id}`);
  const balances = page.getByRole('region', { name: 'Balances' });
  await expect(balances.getByRole('row').filter({ hasText: 'CEA' })).toContainText(
    /700\.00\s*300\.00\s*1,000\.00/,
  );

  await page.goto(`/admin/market-orders?market_maker_id=${maker.id}`);
  await row.getByRole('button', { name: 'Cancel order' }).click();
  await expect(dialog.getByText('300.00 of CEA-EUR will be unlocked.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Cancel order' }).click();
  await expect(page.getByText(/Cancelled and unlocked\. Ticket TKT-/)).toBeVisible();
  await expect(row).toContainText('Cancelled');
  await page.goto(`/admin/market-makers?open=${maker.id}`);
  await expect(balances.getByRole('row').filter({ hasText: 'CEA' })).toContainText(
    /1,000\.00\s*0\.00\s*1,000\.00/,
  );
});

test('more than there is cannot be sold, and the form says so before and after', async ({ page, venue }) => {
  const operator = await venue.staff('operator');
  const maker = await venue.marketMaker('Small Carbon', { EUA: '10' });
  await signIn(page, operator, '/admin/market-orders');
  await page.getByRole('button', { name: 'New order' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Market maker').selectOption({ label: maker.name });
  await dialog.getByLabel('Asset').selectOption('EUA');
  await dialog.getByLabel('Quantity').fill('ten');
  await dialog.getByLabel('Price').fill('70');
  await dialog.getByRole('button', { name: 'New order' }).click();
  await expect(dialog.getByText('Please write a number')).toBeVisible();
  await dialog.getByLabel('Quantity').fill('11');
  await expect(dialog.getByText('−1 EUA')).toBeVisible();
  await dialog.getByRole('button', { name: 'New order' }).click();
  await expect(dialog.locator('.error, .refusal')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
});
