// dead-letters.spec.ts - an admin sees what was set aside, and has an order decided anew.
import { setAside } from './outside';
import { faults } from './reading';
import { expect, signIn, test } from './venue';

test('an admin sees what was set aside, and has decided anew what can be, with a second one', async ({
  page,
  venue,
}) => {
  test.setTimeout(180_000);
  const { email, raw } = setAside();
  const second = (await venue.login((await venue.user('second', 'admin')).email)).access_token;
  await venue.changeRules(second, { approval_of_retries: true });
  await signIn(page, venue.admin);
  await page.getByRole('link', { name: 'Dead letters' }).click();

  const unread = page.getByRole('row').filter({ hasText: 'Cannot be read' }).first();
  await expect(unread).toContainText('To look at only');
  await unread.getByRole('button').first().click();
  const panel = page.getByRole('region');
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

  const asked = await venue.ask('GET', 'admin/approvals?status=pending');
  const { id } = asked.items.find((item: any) => item.action === 'RetryDeadLetter');
  await venue.ask('POST', `admin/approvals/${id}/approve`, undefined, second);
  await page.reload();
  await expect(order).toContainText('Decided anew');
  await expect(order.getByRole('button', { name: 'Decide anew' })).toBeHidden();
  await venue.changeRules(second, {});
});
