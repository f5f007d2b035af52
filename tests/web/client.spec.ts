// client.spec.ts - the life of a client, through the page: from the first visit to a statement.
import type { Page } from '@playwright/test';
import { linkIn, smallDeposits } from './outside';
import { expect, PASSWORD, signIn, test, unique } from './venue';

const PDF = Buffer.from(`%PDF-1.4\n${'who I am '.repeat(20_000)}\n%%EOF\n`);

const region = (page: Page, name: string) => page.getByRole('region', { name });
const dialog = (page: Page) => page.getByRole('dialog');

async function handIn(page: Page, kind: string): Promise<void> {
  await page.getByLabel('What it is').selectOption(kind);
  await page.getByLabel('File').setInputFiles({ name: 'scan.pdf', mimeType: 'application/pdf', buffer: PDF });
  await expect(region(page, 'Documents').getByRole('row').filter({ hasText: kind })).toBeVisible();
}

test('a client signs up, is checked, pays in, waits for a price and takes a statement', async ({
  page,
  venue,
}) => {
  test.setTimeout(240_000);
  const email = `${unique('client')}@example.com`;
  await page.goto('/');
  await page.getByRole('link', { name: 'Open an account' }).click();
  await page.getByLabel('Name').fill('Ada Lovelace');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill('short');
  await page.getByRole('button', { name: 'Open an account' }).click();
  await expect(page.locator('.error, .refusal')).toBeVisible();
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Open an account' }).click();
  await expect(page.getByText(`A mail is on its way to ${email}`, { exact: false })).toBeVisible();

  await page.goto(await linkIn(email, 'verify-email'));
  await expect(page).not.toHaveURL(/token/);
  await page.getByRole('button', { name: 'Confirm this address' }).click();
  await expect(page.getByText('The address is confirmed.')).toBeVisible();

  await signIn(page, { email, password: PASSWORD });
  await page.getByRole('link', { name: 'Your identity' }).click();
  await page.getByLabel('Name').fill('Ada Lovelace');
  await page.getByLabel('Birth date').fill('1985-12-10');
  await page.getByLabel('Nationality').fill('GB');
  await page.getByLabel('Address').fill("12 St James's Square, London");
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved.')).toBeVisible();
  await handIn(page, 'Passport');
  await handIn(page, 'Proof of address');
  await page.getByRole('button', { name: 'Have it checked' }).click();
  await dialog(page).getByRole('button', { name: 'Have it checked' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Handed in');

  const { id, account_id } = (await venue.login(email)).user;
  await venue.ask('POST', `admin/kyc/${id}/request-information`, { reason: 'which flat?' });
  await page.reload();
  await expect(page.getByText('We have a question: which flat?')).toBeVisible();
  await page.getByLabel('Address').fill("Flat 4, 12 St James's Square, London");
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved.')).toBeVisible();
  await page.getByRole('button', { name: 'Have it checked' }).click();
  await dialog(page).getByRole('button', { name: 'Have it checked' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Handed in');
  await venue.ask('POST', `admin/kyc/${id}/approve`, { level: 2 });
  await page.reload();
  await expect(page.getByText('Your identity is checked, at level 2.', { exact: false })).toBeVisible();

  await page.getByRole('link', { name: 'Funding' }).click();
  await page.getByRole('button', { name: 'Add bank account' }).click();
  await dialog(page).getByLabel('Holder').fill('Ada Lovelace');
  await dialog(page).getByLabel('IBAN').fill('DE89 3704 0044 0532 0130 00');
  await dialog(page).getByRole('button', { name: 'Add bank account' }).click();
  const method = region(page, 'Payment methods').getByRole('row').filter({ hasText: '3000' });
  await expect(method).toContainText('Waiting');
  const [first, second] = await smallDeposits((await method.getAttribute('data-key'))!);
  await method.getByRole('button', { name: 'Verify' }).click();
  await dialog(page).getByLabel('First amount').fill(first);
  await dialog(page).getByLabel('Second amount').fill(second);
  await dialog(page).getByRole('button', { name: 'Verify' }).click();
  await expect(method).toContainText('Verified');
  await venue.ask('PUT', `admin/accounts/${account_id}/transfer-limits`, { cool_off_s: 0 });

  await page.getByRole('button', { name: 'Deposit', exact: true }).click();
  await dialog(page).getByLabel('Amount').fill('1,000');
  await dialog(page).getByRole('button', { name: 'Deposit' }).click();
  const transfer = region(page, 'Deposits and withdrawals').getByRole('row').filter({ hasText: '1,000' });
  await expect(transfer).toContainText('Waiting');
  const transferId = (await transfer.getAttribute('data-key'))!;
  await venue.ask('POST', `admin/transfers/${transferId}/complete`, { reference: 'R-1' });
  await page.reload();
  await expect(transfer).toContainText('Completed');

  await page.getByRole('link', { name: 'Transactions' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Deposit' })).toContainText('1,000.00');
  const exported = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Export as CSV' }).click();
  expect((await exported).suggestedFilename()).toMatch(/\.csv$/);

  await page.getByRole('link', { name: 'Price alerts' }).click();
  await page.getByRole('button', { name: 'New alert' }).click();
  await dialog(page).getByLabel('Instrument').selectOption('CEA-EUR');
  await dialog(page).getByLabel('When').selectOption('above');
  await dialog(page).getByLabel('Price').fill('99,999.00');
  await dialog(page).getByRole('button', { name: 'New alert' }).click();
  const alert = page.getByRole('row').filter({ hasText: '99,999.00' });
  await expect(alert).toContainText('Active');
  await alert.getByRole('button', { name: 'Pause' }).click();
  await dialog(page).getByRole('button', { name: 'Pause' }).click();
  await expect(alert).toContainText('Paused');

  await page.getByRole('link', { name: 'Notifications' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Deposit of 1,000.00 EUR: completed' })).toBeVisible();

  await page.getByRole('link', { name: 'Statements' }).click();
  await page.getByRole('button', { name: 'New statement' }).click();
  await dialog(page).getByLabel('From').fill('2026-01-01T00:00');
  await dialog(page).getByLabel('To').fill(new Date().toISOString().slice(0, 16));
  await dialog(page).getByRole('button', { name: 'New statement' }).click();
  await page.getByRole('row').filter({ hasText: 'On demand' }).getByRole('button').first().click();
  const paper = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download PDF' }).click();
  expect((await paper).suggestedFilename()).toMatch(/\.pdf$/);
});

test('who has forgotten a password sets a new one by mail', async ({ page, venue }) => {
  const client = await venue.user('forgetful');
  await page.goto('/login');
  await page.getByRole('link', { name: 'Forgotten password?' }).click();
  await page.getByLabel('E-mail').fill(client.email);
  await page.getByRole('button', { name: 'Send me a link' }).click();
  await expect(page.getByText('a mail is on its way', { exact: false })).toBeVisible();
  await page.goto(await linkIn(client.email, 'reset-password'));
  await page.getByLabel('New password').fill('another correct horse battery');
  await page.getByRole('button', { name: 'Set a new password' }).click();
  await expect(page.getByText('The new password is set')).toBeVisible();
  await signIn(page, { email: client.email, password: 'another correct horse battery' });
});

test('a client keeps a watchlist and a screen, and asks for help', async ({ page, venue }) => {
  await signIn(page, await venue.user('curious'));
  await page.getByRole('link', { name: 'Watchlists' }).click();
  await page.getByRole('button', { name: 'New watchlist' }).click();
  await dialog(page).getByLabel('Name').fill('Certificates');
  await dialog(page).getByLabel('Symbols').fill('CEA-EUR');
  await dialog(page).getByRole('button', { name: 'New watchlist' }).click();
  await page.getByRole('button', { name: 'Certificates' }).click();
  const list = region(page, 'Certificates');
  await expect(list.getByRole('link', { name: 'CEA-EUR' })).toBeVisible();
  await list.getByRole('button', { name: 'Add instrument' }).click();
  await dialog(page).getByLabel('Instrument').selectOption('EUA-EUR');
  await dialog(page).getByRole('button', { name: 'Add instrument' }).click();
  await expect(list.getByRole('link', { name: 'EUA-EUR' })).toBeVisible();

  await page.getByRole('link', { name: 'Screener' }).click();
  await page.getByLabel('Property').selectOption('watched');
  await page.getByRole('button', { name: 'Look for it' }).click();
  const found = region(page, 'Found');
  await expect(found.getByRole('link')).toHaveCount(2);
  await expect(page).toHaveURL(/f=watched\.is/);
  await page.getByRole('button', { name: 'Keep this screen' }).click();
  await dialog(page).getByLabel('Name').fill('What I watch');
  await dialog(page).getByRole('button', { name: 'Keep this screen' }).click();
  await expect(region(page, 'Kept screens').getByRole('button', { name: 'What I watch' })).toBeVisible();
  await page.getByRole('button', { name: 'Without: On a watchlist' }).click();
  await expect(page).not.toHaveURL(/f=/);
  await page.getByRole('button', { name: 'What I watch' }).click();
  await expect(page).toHaveURL(/f=watched\.is/);

  await page.getByRole('link', { name: 'Support', exact: true }).click();
  await page.getByRole('button', { name: 'Ask support' }).click();
  await dialog(page).getByLabel('Subject').fill('Where is my money?');
  await dialog(page).getByLabel('Category').selectOption('funding');
  await dialog(page).getByLabel('Text').fill('It left my bank on Monday.');
  await dialog(page).getByRole('button', { name: 'Ask support' }).click();
  const row = page.getByRole('row').filter({ hasText: 'Where is my money?' });
  const id = (await row.getAttribute('data-key'))!;
  await venue.ask('POST', `admin/support/tickets/${id}/reply`, { text: 'It came today.' });
  await venue.ask('POST', `admin/support/tickets/${id}/resolve`, {});
  await row.getByRole('button').first().click();
  const talk = region(page, 'Where is my money?');
  await expect(talk.getByText('It came today.')).toBeVisible();
  await talk.getByRole('button', { name: 'Rate the help' }).click();
  await dialog(page).getByLabel('Rating').selectOption('5');
  await dialog(page).getByRole('button', { name: 'Rate the help' }).click();
  await expect(page.getByText('Thank you.')).toBeVisible();
});
