import { expect, signIn, test } from './venue';

test('the back office is used by keyboard alone', async ({ page, venue }) => {
  const maker = await venue.marketMaker('Keyed Carbon');
  await signIn(page, await venue.staff('operator'));
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.keyboard.press('g');
  await page.keyboard.press('m');
  await expect(page.getByRole('heading', { name: 'Market makers' })).toBeVisible();

  await page.keyboard.press('/');
  await page.keyboard.type(maker.name);
  await expect(page.getByRole('row').filter({ hasText: 'Carbon' })).toHaveCount(1);
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  const panel = page.getByRole('region', { name: maker.name });
  await expect(panel).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(panel).toBeHidden();

  await page.keyboard.press('c');
  const dialog = page.getByRole('dialog', { name: 'New market maker' });
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();

  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'Go to or do' });
  await expect(palette.locator('input')).toBeFocused();
  await page.keyboard.type('instr');
  await expect(palette.getByRole('option').first()).toContainText('Instruments and halts');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Instruments and halts' })).toBeVisible();
});

test('single keys are listed, and can be switched off', async ({ page, venue }) => {
  await signIn(page, await venue.staff('operator'));
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.keyboard.press('?');
  const overlay = page.getByRole('dialog', { name: 'Keys' });
  await expect(overlay.getByText('Next and previous row')).toBeVisible();
  await overlay.getByLabel('Single keys do this').uncheck();
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await expect(overlay).toBeHidden();
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('dialog', { name: 'Go to or do' })).toBeVisible();
});
