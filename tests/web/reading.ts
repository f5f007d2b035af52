// reading.ts - how a page reads: nothing serious is wrong for who cannot see or use a mouse, in both themes, and nothing is
// wider than the screen; a picture of each theme is kept beside the results, as narrow and as wide as it may be.
import type { Page, TestInfo } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from './venue';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
const [NARROW, USUAL, WIDE] = [360, 1440, 2560];
const HEIGHT = 900;

interface Fault {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

/** What axe finds, of what it calls serious or critical: by all of its rules, or by those. */
export async function faults(page: Page, ...rules: string[]): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe);
  const options = { resultTypes: ['violations'], preload: false, ...(rules.length && { runOnly: rules }) };
  const found: Fault[] = await page.evaluate(
    async (how) => (await (globalThis as any).axe.run(how)).violations,
    options,
  );
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
}

/** The page that is open, by the name of its pictures. Of another theme only colours can be wrong, and of neither what is
 * wider than the screen. */
export async function readsWell(page: Page, info: TestInfo, name: string): Promise<void> {
  const wear = (theme: string) => page.getByLabel('Theme').first().selectOption(theme);
  const resize = async (width: number) => {
    await page.setViewportSize({ width, height: HEIGHT });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect.soft(wide, `${name} at ${width} has nothing beside the screen`).toBeLessThanOrEqual(0);
  };
  const picture = (theme: string, width: number) =>
    page.screenshot({ path: info.outputPath(`${name}-${theme}-${width}.png`) });

  await wear('light');
  await resize(USUAL);
  expect.soft(await faults(page), `${name}, light`).toEqual([]);
  await resize(NARROW);
  await picture('light', NARROW);
  await resize(WIDE);
  await picture('light', WIDE);
  await wear('dark');
  expect.soft(await faults(page, 'color-contrast'), `${name}, dark`).toEqual([]);
  await picture('dark', WIDE);
  await resize(NARROW);
  await picture('dark', NARROW);
  await resize(USUAL);
}
