import { expect, PASSWORD, signIn, test, unique } from './venue';

test('an operator creates a market maker and moves certificates in and out', async ({ page, venue }) => {
  const operator = await venue.staff('operator');
  const name = unique('Baltic Carbon');
  await signIn(page, operator);
  await page.getByRole('link', { name: 'Market makers' }).click();

  await page.getByRole('button', { name: 'New market maker' }).click();
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('E-mail').fill(`${unique('desk')}@example.com`);
  await page.getByLabel('First CEA').fill('1000');
  await page.getByRole('dialog').getByRole('button', { name: 'New market maker' }).click();
  await expect(
    page.getByRole('status').filter({ hasText: `${name} was created. Ticket TKT-` }),
  ).toBeVisible();

  const row = page.getByRole('row').filter({ hasText: name });
  await expect(row).toContainText('1,000');
  await row.getByRole('button', { name: 'Deposit' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Amount').fill('500');
  await expect(dialog.getByText('1,500 CEA')).toBeVisible();
  await dialog.getByRole('button', { name: 'Deposit' }).click();
  await expect(page.getByText(/Booked: 1,000.* → 1,500.* CEA\. Ticket TKT-/)).toBeVisible();
  await expect(row).toContainText('1,500');

  await row.getByRole('button', { name: 'Withdraw' }).click();
  await dialog.getByLabel('Amount').fill('1501');
  await dialog.getByRole('button', { name: 'Withdraw' }).click();
  await expect(dialog.getByText('1501 CEA is more than the 1500 that are available')).toBeVisible();
  await dialog.getByLabel('Amount').fill('200');
  await dialog.getByRole('button', { name: 'Withdraw' }).click();
  await expect(row).toContainText('1,300');
});

test('a market maker who signs in is told why that is not for them', async ({ page, venue }) => {
  const maker = await venue.marketMaker('Quiet Carbon');
  await page.goto('/');
  await page.getByLabel('E-mail').fill(maker.email);
  await page.getByLabel('Password').fill(PASSWORD);
  const told = page.getByRole('alert').filter({ hasText: 'This address belongs to a market maker' });
  await expect(async () => {
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(told).toBeVisible({ timeout: 15_000 });
  }, 'settings follows the new market maker').toPass();
});
