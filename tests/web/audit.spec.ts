import type { Page } from '@playwright/test';
import { expect, PASSWORD, signIn, test, type Venue } from './venue';

test('an auditor finds what was done and refused, and reads the whole story of a ticket', async ({
  page,
  venue,
}) => {
  const auditor = await venue.staff('auditor');
  const maker = await venue.marketMaker('Watched Carbon', { CEA: '100' });
  await venue.request.post('/api/v1/auth/login', { data: { email: maker.email, password: PASSWORD } });
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

test('older tickets come page after page', async ({ page, venue }) => {
  const operator = await venue.user('operator', 'operator');
  const token = await venue.tokenOf(operator);
  const maker = await venue.marketMaker('Busy Carbon');
  const deposit = { asset: 'CEA', type: 'deposit', amount: '1' };
  const path = `admin/market-makers/${maker.id}/transactions`;
  await Promise.all(Array.from({ length: 52 }, () => venue.ask('POST', path, deposit, token)));
  await signIn(page, await venue.staff('auditor'), `/admin/audit?actor_id=${operator.id}`);
  const rows = page.getByRole('row').filter({ hasText: 'TKT-' });
  await expect(rows).toHaveCount(50);
  await page.getByRole('button', { name: 'Show more' }).click();
  await expect.poll(() => rows.count()).toBeGreaterThan(51);
});

/** A ticket that is in a signed checkpoint: where none is yet, one is made a minute after the first ticket. */
async function signedTicket(venue: Venue): Promise<any> {
  const logging = (path: string) => venue.ask('GET', `admin/logging/${path}`);
  const newest = async () => (await logging('checkpoints?limit=1')).items[0];
  await expect.poll(newest, { message: 'a checkpoint is signed', timeout: 100_000 }).toBeTruthy();
  const { items } = await logging(`tickets?limit=20&to=${(await newest()).made_at}`);
  for (const { id } of items) {
    const ticket = await logging(`tickets/${id}`);
    if (ticket.inclusion_proof) return ticket;
  }
  throw new Error('none of the 20 tickets before the newest checkpoint is in it');
}

/** The venue shows the ticket otherwise than it is. */
const shownAs = (page: Page, ticket: any, other: object) =>
  page.route(`**/tickets/${ticket.id}`, (route) => route.fulfill({ json: { ...ticket, ...other } }));

test('that a ticket is in the signed log, the browser finds out by itself', async ({ page, venue }) => {
  const ticket = await signedTicket(venue);
  await signIn(page, await venue.staff('auditor'));
  const proof = page.getByRole('region', { name: 'Proof' });
  const address = `/admin/audit?open=${ticket.id}`;
  await page.goto(address);
  await expect(proof.getByText('Verified', { exact: true })).toBeVisible();
  await expect(proof).toContainText(`tickets that checkpoint ${ticket.inclusion_proof.checkpoint} was`);
  await proof.getByText('What it was checked with').click();
  await expect(proof.getByText(`number ${ticket.inclusion_proof.checkpoint}`)).toBeVisible();
  const saved = page.waitForEvent('download');
  await proof.getByRole('link', { name: 'Save this ticket' }).click();
  expect((await saved).suggestedFilename()).toBe(`${ticket.id}.json`);

  await shownAs(page, ticket, { action: 'SomethingElse' });
  await page.goto(address);
  await expect(proof.getByText('WRONG')).toBeVisible();
  await expect(proof.getByRole('alert')).toContainText('is not in the tree that was signed');
  const { note } = ticket.inclusion_proof;
  await shownAs(page, ticket, {
    inclusion_proof: { ...ticket.inclusion_proof, note: note.replace('made_at 20', 'made_at 21') },
  });
  await page.goto(address);
  await expect(proof.getByRole('alert')).toContainText('None of this venue’s keys has signed');

  await shownAs(page, ticket, { inclusion_proof: null });
  await page.goto(address);
  await expect(proof.getByText('Not yet signed')).toBeVisible();
  await page.unrouteAll();
  await proof.getByRole('button', { name: 'Look again' }).click();
  await expect(proof.getByText('Verified', { exact: true })).toBeVisible();
});
