// dead-letters.spec.ts - an admin sees what was set aside, and has an order decided anew.
import { setAside } from './outside';
import { faults } from './reading';
import { expect, signIn, test, type Venue } from './venue';

/** The letter that holds these bytes, which comes soon; others' are there, too. */
async function unreadable(venue: Venue, raw: string): Promise<string> {
  const letters = (path: string) => venue.ask('GET', `admin/dead-letters${path}`);
  const find = async () => {
    for (const { id } of (await letters('?kind=malformed&limit=20')).items)
      if ((await letters(`/${id}`)).raw === raw) return id;
    return undefined;
  };
  await expect.poll(find, { message: 'what cannot be read is shown' }).toBeTruthy();
  return find();
}

test('an admin sees what was set aside, and has decided anew what can be, with a second one', async ({
  page,
  venue,
}) => {
  test.setTimeout(180_000);
  const { email, raw } = setAside();
  const letter = await unreadable(venue, raw);
  const second = await venue.user('second', 'admin');
  const token = (await venue.login(second.email)).access_token;
  await venue.changeRules(token, { approval_of_retries: true });
  await signIn(page, venue.admin);
  await page.getByRole('link', { name: 'Dead letters' }).click();

  const unread = page.locator(`tr[data-key="${letter}"]`);
  await expect(unread).toContainText('Cannot be read');
  await expect(unread).toContainText('To look at only');
  await unread.getByRole('button').first().click();
  const panel = page.getByRole('region', { name: /^orders\.commands/ });
  await expect(panel.getByText(raw)).toBeVisible();
  await expect(panel.getByRole('button', { name: 'Decide anew' })).toBeHidden();
  expect(await faults(page)).toEqual([]);
  await page.keyboard.press('Escape');

  await page.goto('/admin/dead-letters?kind=poisonous');
  const order = page.getByRole('row').filter({ hasText: email });
  await expect(order).toContainText('Waits');
  await order.getByRole('button', { name: 'Decide anew' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText('"limit_price": "5.00"')).toBeVisible();
  await dialog.getByLabel('Reason').fill('the check is mended');
  expect(await faults(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Decide anew' }).click();
  await expect(page.getByText('This waits for a second person: see Approvals.')).toBeVisible();

  await page.getByRole('button', { name: 'Sign out' }).click();
  await signIn(page, second);
  await page.goto('/admin/approvals');
  await page
    .getByRole('row')
    .filter({ hasText: 'RetryDeadLetter' })
    .first()
    .getByRole('button', { name: 'Approve' })
    .click();
  const named = dialog.getByRole('link', { name: 'The command that is to be decided anew' });
  const address = (await named.getAttribute('href'))!;
  expect(await faults(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Approve' }).click();
  await expect(dialog).toBeHidden();
  await page.goto(address);
  await expect(page.getByRole('region', { name: 'PlaceOrder' })).toContainText('Decided anew by');
  await page.goto('/admin/dead-letters?kind=poisonous');
  await expect(order).toContainText('Decided anew');
  await expect(order.getByRole('button', { name: 'Decide anew' })).toBeHidden();
  await venue.changeRules(token, {});
});
