// pages.spec.ts - every page that an admin's menu has reads well.
import { faults, readsWell } from './reading';
import { expect, signIn, test } from './venue';

test('every page of the back office reads well in both themes and at every width', async ({
  page,
  venue,
}, info) => {
  test.setTimeout(600_000);
  await venue.marketMaker('Shown Carbon', { CEA: '1000', EUA: '500' });
  await page.goto('/login');
  expect(await faults(page)).toEqual([]);
  await signIn(page, venue.admin);
  const menu = page.getByRole('navigation', { name: 'Menu' });
  await expect(menu.getByRole('link').first()).toBeVisible();
  const paths = await menu
    .getByRole('link')
    .evaluateAll((links) => links.map((link) => link.getAttribute('href')!));
  const own = paths.filter((path) => path.startsWith('/admin/') || path === '/help');
  expect(own.length).toBeGreaterThan(10);
  for (const path of own) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
    await readsWell(page, info, path.slice(1).replaceAll('/', '-'));
  }
});
