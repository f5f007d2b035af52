import { codeOf } from './outside';
import { expect, signIn, test } from './venue';

test('a second factor is set up by its secret, and asked for at the next sign-in', async ({
  page,
  venue,
}) => {
  const client = await venue.user('careful');
  await signIn(page, client, '/settings/security');
  await page.getByRole('button', { name: 'Set up' }).click();
  const picture = page.getByRole('img', { name: 'QR code' });
  await expect(picture).toBeVisible();
  expect(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
  const secret = await page.locator('code.secret').innerText();
  await page.getByLabel('Code of your authenticator app').fill(codeOf(secret, '30 seconds ago'));
  await page.getByRole('button', { name: 'Switch on' }).click();
  await expect(page.getByText('It is on:', { exact: false })).toBeVisible();
  const codes = await page.locator('.codes code').allInnerTexts();
  expect(codes.length).toBeGreaterThan(5);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.goto('/login');
  await page.getByLabel('E-mail').fill(client.email);
  await page.getByLabel('Password').fill(client.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('Code of your authenticator app').fill(codes[0]!);
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
});

test('an API key is shown once, opens what it may, and is refused once it is revoked', async ({
  page,
  venue,
}) => {
  await signIn(page, await venue.user('programmer'), '/settings/api-keys');
  await page.getByRole('button', { name: 'New API key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('my program');
  await dialog.getByLabel('Read').check();
  await dialog.getByRole('button', { name: 'New API key' }).click();
  const shown = page.locator('code.secret');
  await expect(shown).toBeVisible(); // it is there before its dialog is open, and takes keys
  const key = await shown.innerText();
  await page.keyboard.press('Escape');
  await expect(shown).toHaveCount(0);
  const status = async () =>
    (await venue.request.get('/api/v1/orders', { headers: { 'X-API-Key': key } })).status();
  await expect.poll(status).toBe(200);

  const row = page.getByRole('row').filter({ hasText: 'my program' });
  await row.getByRole('button', { name: 'Revoke' }).click();
  await dialog.getByRole('button', { name: 'Revoke' }).click();
  await expect(row.getByRole('button', { name: 'Revoke' })).toHaveCount(0);
  await expect.poll(status).toBe(401);
});

test('a session elsewhere is seen and ended', async ({ page, venue }) => {
  const client = await venue.user('everywhere');
  const elsewhere = (await venue.login(client.email)).access_token;
  await signIn(page, client, '/settings/sessions');
  await expect(page.getByText('This one')).toBeVisible();
  await page.getByRole('button', { name: 'End', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'End' }).click();
  await expect(page.getByRole('button', { name: 'End', exact: true })).toHaveCount(0);
  const headers = { Authorization: `Bearer ${elsewhere}` };
  const status = async () => (await venue.request.get('/api/v1/auth/me', { headers })).status();
  await expect.poll(status).toBe(401);
  await page.getByRole('link', { name: 'Security log' }).click();
  await expect(page.getByRole('row').nth(1)).toBeVisible();
});

test('preferences hold in every browser that one signs in with', async ({ page, browser, venue }) => {
  const client = await venue.user('particular');
  await signIn(page, client, '/settings');
  const form = page.locator('form').filter({ hasText: 'Time zone' });
  await form.getByLabel('Theme').selectOption('light');
  await form.getByLabel('Language').selectOption('de');
  await form.getByLabel('Time zone').selectOption('Europe/Berlin');
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { name: 'Einstellungen' })).toBeVisible();

  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    baseURL: process.env['BOURSE_URL']!,
    colorScheme: 'dark',
    locale: 'en-GB',
  });
  const other = await context.newPage();
  await other.goto('/login');
  await other.getByLabel('E-mail').fill(client.email);
  await other.getByLabel('Password').fill(client.password);
  await other.getByRole('button', { name: 'Sign in' }).click();
  await expect(other.getByRole('button', { name: 'Abmelden' })).toBeVisible();
  expect(await other.evaluate(() => document.documentElement.dataset['theme'])).toBe('light');
  await context.close();
});

test('a session goes on in a browser that was closed for longer than an access token lives', async ({
  page,
  venue,
}) => {
  await signIn(page, await venue.user('returning'));
  await page.context().clearCookies({ name: '__Host-bourse-access' });
  const later = await page.context().newPage();
  await later.goto('/settings');
  await expect(later.getByRole('button', { name: 'Sign out' })).toBeVisible();
});

test('a page that is left while it renews its session leaves it to the next', async ({ page, venue }) => {
  await signIn(page, await venue.user('hasty'), '/settings');
  for (let i = 0; i < 3; i++) {
    await page.context().clearCookies({ name: '__Host-bourse-access' });
    const renewing = page.waitForRequest('**/auth/refresh');
    await page.getByRole('link', { name: 'Sessions' }).click();
    await renewing;
    await page.goto('/settings');
    await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
  }
});
