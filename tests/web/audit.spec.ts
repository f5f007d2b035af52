import { expect, PASSWORD, signIn, test } from './venue';

test('an auditor finds what was done and refused, and reads the whole story of a ticket', async ({
  page,
  venue,
}) => {
  const auditor = await venue.user('auditor', 'auditor');
  const maker = await venue.marketMaker('Watched Carbon', { CEA: '100' });
  const booked = await venue.ask('POST', `admin/market-makers/${maker.id}/transactions`, {
    asset: 'CEA',
    type: 'deposit',
    amount: '23',
    notes: 'counted twice',
  });
  await signIn(page, auditor);
  await page.getByRole('link', { name: 'Logging and audit' }).click();
  const filters = page.getByRole('search');
  await filters.getByLabel('Market maker').fill(maker.id);
  await filters.getByLabel('Action').fill('RecordAssetTransaction');
  const row = page.getByRole('row').filter({ hasText: booked.ticket_id });
  await expect(row).toContainText('Done');
  await row.getByRole('button').click();

  const story = page.getByRole('region', { name: booked.ticket_id });
  await expect(story.getByText('counted twice').first()).toBeVisible();
  const changed = story.getByRole('row').filter({ hasText: '123' });
  await expect(changed.first()).toContainText('100');
  await expect(page).toHaveURL(new RegExp(`open=${booked.ticket_id}`));
  await page.keyboard.press('Escape');
  await expect(story).toBeHidden();

  await page.goto('/admin/audit?outcome=failed&action=RecordLogin');
  await expect(page.getByRole('row').filter({ hasText: 'RecordLogin' }).first()).toContainText('Refused');
});

test.beforeEach(async ({ venue }) => {
  const maker = await venue.marketMaker('Refused Carbon');
  await venue.request.post('/api/v1/auth/login', { data: { email: maker.email, password: PASSWORD } });
});

test('older tickets come page after page', async ({ page, venue }) => {
  const auditor = await venue.user('auditor', 'auditor');
  for (let i = 0; i < 51; i++) await venue.login(auditor.email);
  await signIn(page, auditor);
  await page.goto(`/admin/audit?actor_id=${auditor.id}`);
  const rows = page.getByRole('row').filter({ hasText: 'TKT-' });
  await expect(rows).toHaveCount(50);
  await page.getByRole('button', { name: 'Show more' }).click();
  await expect.poll(() => rows.count()).toBeGreaterThan(51);
});
