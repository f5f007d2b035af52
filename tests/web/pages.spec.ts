// pages.spec.ts - every page that an admin's menu has, in both themes: nothing serious is wrong for who cannot see or use
// a mouse, nothing is wider than a telephone, and a picture of each is kept beside the results.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, signIn, test } from './venue';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
const WIDTHS = [360, 1440, 2560];

interface Fault {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

/** What axe finds, of what it calls serious or critical. */
async function faults(page: import('@playwright/test').Page): Promise<string[]> {
  await page.evaluate(axe);
  const found: Fault[] = await page.evaluate(async () => (await (globalThis as any).axe.run()).violations);
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
}

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
    for (const theme of ['light', 'dark']) {
      await page.evaluate((name) => (document.documentElement.dataset['theme'] = name), theme);
      expect.soft(await faults(page), `${path}, ${theme}`).toEqual([]);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        await page.screenshot({
          path: info.outputPath(`${path.slice(1).replaceAll('/', '-')}-${theme}-${width}.png`),
        });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect.soft(wide, `${path} at ${width} has nothing beside the screen`).toBeLessThanOrEqual(0);
      }
      await page.setViewportSize({ width: 1440, height: 900 });
    }
  }
});
