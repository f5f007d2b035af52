// reading.ts - how a page reads: nothing serious is wrong for who cannot see or use a mouse, in both themes, and nothing is
// wider than the screen; a picture of each theme and width is kept beside the results.
import type { Page, TestInfo } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from './venue';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
const WIDTHS = [360, 1440, 2560];

interface Fault {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

/** What axe finds, of what it calls serious or critical. */
export async function faults(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found: Fault[] = await page.evaluate(async () => (await (globalThis as any).axe.run()).violations);
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
}

/** The page that is open, by the name of its pictures. */
export async function readsWell(page: Page, info: TestInfo, name: string): Promise<void> {
  for (const theme of ['light', 'dark']) {
    await page.getByLabel('Theme').first().selectOption(theme);
    expect.soft(await faults(page), `${name}, ${theme}`).toEqual([]);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await page.screenshot({ path: info.outputPath(`${name}-${theme}-${width}.png`) });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect.soft(wide, `${name} at ${width} has nothing beside the screen`).toBeLessThanOrEqual(0);
    }
    await page.setViewportSize({ width: 1440, height: 900 });
  }
}
