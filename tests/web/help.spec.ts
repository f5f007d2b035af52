// help.spec.ts - the guide, walked through as it says: each task of /help has here what each of its steps does, and its
// picture is taken on the way (BOURSE_WEB_PICTURES=1 writes them to services/gateway/web/public/help).
import type { Locator, Page } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, signIn, test, type User, unique, type Venue } from './venue';

const PICTURES = join(process.cwd(), '../../services/gateway/web/public/help');
const SIZE = { width: 1100, height: 640 };

type Step = [says: RegExp, does: () => Promise<void>];

/** Does what the guide says, step by step; a step that is written nowhere, or done nowhere, fails. */
async function walk(page: Page, task: string, steps: Step[]): Promise<void> {
  await page.setViewportSize(SIZE);
  await page.goto('/help');
  const section = page.getByRole('region', { name: task });
  await expect(section).toBeVisible();
  const written = await section.getByRole('listitem').allInnerTexts();
  expect(written.length, `${task} has as many steps as are done here`).toBe(steps.length);
  await hasPicture(section.getByRole('img'));
  for (const [i, [says, does]] of steps.entries()) {
    expect(written[i]).toMatch(says);
    await test.step(written[i]!, does);
  }
}

async function hasPicture(image: Locator): Promise<void> {
  if (process.env['BOURSE_WEB_PICTURES']) return;
  await image.scrollIntoViewIfNeeded();
  const width = () => image.evaluate((one: HTMLImageElement) => one.naturalWidth);
  await expect.poll(width, 'the task has its picture').toBeGreaterThan(0);
}

async function picture(page: Page, name: string): Promise<void> {
  if (!process.env['BOURSE_WEB_PICTURES']) return;
  const path = join(PICTURES, `${name}.png`);
  await page.evaluate(() => (document.documentElement.dataset['theme'] = 'light'));
  await page.screenshot({ path, animations: 'disabled' });
  execFileSync('mogrify', ['+dither', '-colors', '64', '-strip', path]);
}

const dialog = (page: Page) => page.getByRole('dialog');
const said = (page: Page, text: RegExp) =>
  expect(page.getByRole('status').filter({ hasText: text })).toBeVisible();

async function asOperator(page: Page, venue: Venue, ...roles: string[]): Promise<User> {
  const operator = await venue.user('grace', ...(roles.length ? roles : ['operator']));
  await signIn(page, operator);
  return operator;
}

test('a market maker is created as the guide says', async ({ page, venue }) => {
  await asOperator(page, venue);
  const name = unique('Forest AG');
  await walk(page, 'Create a market maker', [
    [
      /^Open Market makers and press New market maker/,
      async () => {
        await page.getByRole('link', { name: 'Market makers' }).click();
        await page.getByRole('button', { name: 'New market maker' }).click();
      },
    ],
    [
      /^Give its name and e-mail/,
      async () => {
        await dialog(page).getByLabel('Name', { exact: true }).fill(name);
        await dialog(page)
          .getByLabel('E-mail')
          .fill(`${unique('desk')}@forest.example`);
        await dialog(page).getByLabel('First CEA').fill('500');
        await dialog(page).getByRole('button', { name: 'New market maker' }).click();
      },
    ],
    [
      /^The message names the ticket/,
      async () => {
        await said(page, /was created\. Ticket TKT-/);
        await expect(page.getByRole('row').filter({ hasText: name })).toContainText('500');
        await picture(page, 'maker');
      },
    ],
  ]);
});

test('certificates are moved as the guide says', async ({ page, venue }) => {
  await asOperator(page, venue);
  const maker = await venue.marketMaker('Forest AG', { CEA: '500' });
  const row = page.getByRole('row').filter({ hasText: maker.name });
  await walk(page, 'Move certificates in or out', [
    [
      /^Press Deposit or Withdraw in the row/,
      async () => {
        await page.getByRole('link', { name: 'Market makers' }).click();
        await row.getByRole('button', { name: 'Deposit' }).click();
      },
    ],
    [
      /^Enter the amount: the balance before and after is shown/,
      async () => {
        await dialog(page).getByLabel('Amount').fill('250');
        await expect(dialog(page).getByText('750 CEA')).toBeVisible();
        await picture(page, 'booking');
        await dialog(page).getByRole('button', { name: 'Deposit' }).click();
        await expect(row).toContainText('750');
      },
    ],
    [
      /^More than is free cannot be withdrawn/,
      async () => {
        await row.getByRole('button', { name: 'Withdraw' }).click();
        await dialog(page).getByLabel('Amount').fill('751');
        await dialog(page).getByRole('button', { name: 'Withdraw' }).click();
        await expect(dialog(page).getByText('751 CEA is more than the 750')).toBeVisible();
      },
    ],
  ]);
});

test('a market maker sells, and takes it back, as the guide says', async ({ page, venue }) => {
  await asOperator(page, venue);
  const maker = await venue.marketMaker('Forest AG', { CEA: '500' });
  const row = page.getByRole('row').filter({ hasText: maker.name });
  await walk(page, 'Sell for a market maker, and take it back', [
    [
      /^Open Market orders and press New order/,
      async () => {
        await page.getByRole('link', { name: 'Market orders' }).click();
        await page.getByRole('button', { name: 'New order' }).click();
      },
    ],
    [
      /^Choose market maker and certificate, enter quantity and price/,
      async () => {
        await dialog(page).getByLabel('Market maker').selectOption({ label: maker.name });
        await dialog(page).getByLabel('Quantity').fill('100');
        await dialog(page).getByLabel('Price').fill('1,250.00');
        await expect(dialog(page).getByText('400 CEA')).toBeVisible();
        await picture(page, 'order');
        await dialog(page).getByRole('button', { name: 'New order' }).click();
      },
    ],
    [
      /^The order rests in the book and its quantity is locked/,
      async () => {
        await said(page, /The order rests in the book; its quantity is locked\. Ticket TKT-/);
        const filters = page.getByRole('search');
        await filters.getByLabel('Market maker').selectOption({ label: maker.name });
        await filters.getByLabel('Status').selectOption('open');
        await expect(row).toHaveCount(1);
      },
    ],
    [
      /^Cancel order unlocks/,
      async () => {
        await row.getByRole('button', { name: 'Cancel order' }).click();
        await dialog(page).getByRole('button', { name: 'Cancel order' }).click();
        await said(page, /Cancelled and unlocked\. Ticket TKT-/);
      },
    ],
  ]);
});

/** What an offer costs that somebody would buy next. */
async function offered(venue: Venue): Promise<string> {
  const { asks } = await venue.ask('GET', 'market/CEA-EUR/book?depth=1');
  const price = asks[0]?.price ?? '12.50';
  const maker = await venue.marketMaker('Forest AG', { CEA: '500' });
  await venue.ask('POST', 'admin/market-orders', {
    market_maker_id: maker.id,
    asset: 'CEA',
    quantity: '100',
    price,
  });
  return price;
}

test('a client buys as the guide says', async ({ page, venue }) => {
  const price = await offered(venue);
  const client = await venue.trader('ada', { EUR: '1000000' });
  await asOperator(page, venue);
  const ticket = page.getByRole('region', { name: 'New order' });
  await walk(page, 'See a client buy', [
    [
      /^Open Cash market: offers are there without a name/,
      async () => {
        await page.getByRole('button', { name: 'Sign out' }).click();
        await signIn(page, client);
        await page.getByRole('link', { name: 'Cash market' }).click();
        const offer = page.getByRole('table', { name: 'Offers' }).getByRole('row').filter({ hasText: 'CEA' });
        await offer.first().getByRole('link', { name: 'Buy' }).click();
      },
    ],
    [
      /^Enter quantity and price: what it costs is said before it is sent/,
      async () => {
        await expect(page.getByText('Live', { exact: true })).toBeVisible();
        await ticket.getByRole('button', { name: 'Buy' }).first().click();
        await ticket.getByLabel('Type').selectOption('limit');
        await ticket.getByLabel('Quantity').fill('40');
        await ticket.getByLabel('Limit price').fill(price);
        await expect(ticket.getByText('Fills now cost')).toBeVisible();
        await picture(page, 'buy');
        await ticket.getByRole('button', { name: 'Buy CEA' }).click();
        await dialog(page).getByRole('button', { name: 'Buy CEA' }).click();
      },
    ],
    [
      /^Fills are below it at once/,
      async () => {
        await page.getByRole('tab', { name: 'Fills' }).click();
        await expect(page.getByRole('tabpanel').getByRole('row').filter({ hasText: '40.00' })).toBeVisible();
      },
    ],
  ]);
});

test('what happened is found as the guide says', async ({ page, venue }) => {
  await asOperator(page, venue);
  const maker = await venue.marketMaker('Forest AG', { CEA: '500' });
  const { ticket_id: id } = await venue.ask('POST', `admin/market-makers/${maker.id}/transactions`, {
    asset: 'CEA',
    type: 'deposit',
    amount: '40',
    notes: 'delivered by the registry',
  });
  await walk(page, 'Find out what happened', [
    [
      /^Open Logging and audit, or type the ticket’s number after Ctrl K/,
      async () => {
        await page.keyboard.press('Control+k');
        await dialog(page).locator('input').fill(id);
        await page.keyboard.press('Enter');
        await expect(page.getByRole('region', { name: id })).toBeVisible();
      },
    ],
    [
      /^Filter by action, outcome, person, market maker and time/,
      async () => {
        await page.goto('/admin/audit');
        await page.getByRole('search').getByLabel('Market maker').fill(maker.id);
        await page.getByRole('search').getByLabel('Action').fill('RecordAssetTransaction');
        await expect(page.getByRole('row').filter({ hasText: id })).toBeVisible();
        await expect(page).toHaveURL(/market_maker_id=.*action=RecordAssetTransaction/);
      },
    ],
    [
      /^Open a ticket: what was asked, what came of it, what it changed/,
      async () => {
        await page.getByRole('row').filter({ hasText: id }).getByRole('button').first().click();
        const story = page.getByRole('region', { name: id });
        await expect(story.getByText('delivered by the registry').first()).toBeVisible();
        await story.getByRole('heading', { name: 'What it changed' }).evaluate((one) => one.scrollIntoView());
        await picture(page, 'ticket');
      },
    ],
  ]);
});

/** Bookings from so much on take a second person; so much books nobody else. */
const MANY = '900000000';

test('a second person consents as the guide says', async ({ page, venue }) => {
  await asOperator(page, venue);
  const other = await venue.user('charles', 'operator');
  const admin = (await venue.login((await venue.user('second', 'admin')).email)).access_token;
  const client = await venue.trader('ada', {});
  await venue.changeRules(admin, { approval_amounts: { EUR: MANY } });
  const token = (await venue.login(other.email)).access_token;
  const amount = `${MANY}.01`;
  await venue.ask('POST', `admin/accounts/${client.account_id}/deposits`, { asset: 'EUR', amount }, token);
  const row = page.getByRole('row').filter({ hasText: other.email });
  try {
    await walk(page, 'Give a second person’s consent', [
      [
        /^Open Approvals: what waits is listed/,
        async () => {
          await page.getByRole('link', { name: 'Approvals' }).click();
          await expect(row).toContainText('Waiting');
        },
      ],
      [
        /^Read exactly what was asked, then approve or reject it/,
        async () => {
          await row.getByRole('button').first().click();
          await expect(page.locator('.panel').getByText(amount)).toBeVisible();
          await picture(page, 'approval');
          await page.locator('.panel').getByRole('button', { name: 'Approve' }).click();
          await dialog(page).getByRole('button', { name: 'Approve' }).click();
          await expect(row).toHaveCount(0);
        },
      ],
    ]);
  } finally {
    await venue.changeRules(admin, {});
  }
});

const PDF = Buffer.from(`%PDF-1.4\n${'who I am '.repeat(1000)}\n%%EOF\n`);

/** Somebody who waits to be checked. */
async function applicant(venue: Venue): Promise<User> {
  const client = await venue.user('ada');
  const token = await venue.tokenOf(client);
  const profile = {
    name: 'Ada Lovelace',
    birth_date: '1985-12-10',
    nationality: 'GB',
    address: "12 St James's Square, London",
  };
  await venue.ask('PUT', 'onboarding/profile', profile, token);
  for (const kind of ['passport', 'proof_of_address']) {
    const handed = await venue.request.post(`/api/v1/onboarding/documents?kind=${kind}`, {
      headers: {
        Authorization: `Bearer ${token}`,
        'Idempotency-Key': unique('document'),
        'Content-Type': 'application/octet-stream',
      },
      data: PDF,
    });
    expect(handed.status()).toBe(201);
  }
  await venue.ask('POST', 'onboarding/submit', undefined, token);
  return client;
}

test('an identity is checked as the guide says', async ({ page, venue }) => {
  await asOperator(page, venue);
  const client = await applicant(venue);
  const panel = page.locator('.panel');
  const act = async (name: string) => {
    await panel.getByRole('button', { name }).click();
    await dialog(page).getByRole('button', { name }).click();
    await expect(dialog(page)).toHaveCount(0);
  };
  await walk(page, 'Check an identity', [
    [
      /^Open Identity checks and take one up/,
      async () => {
        await page.getByRole('link', { name: 'Identity checks' }).click();
        await page.locator(`tr[data-key="${client.id}"]`).getByRole('button').first().click();
        await act('Take up');
      },
    ],
    [
      /^Compare the profile with the documents, then approve/,
      async () => {
        await expect(panel.getByText('12 St James', { exact: false })).toBeVisible();
        await expect(panel.getByRole('link', { name: 'Passport' })).toBeVisible();
        await picture(page, 'client');
        await act('Approve');
      },
    ],
    [
      /^Approving activates the account/,
      async () => {
        await expect(panel.getByText('Approved').first()).toBeVisible();
        await expect(panel.getByText('Active').first()).toBeVisible();
      },
    ],
  ]);
});

test('an instrument is halted as the guide says', async ({ page, venue }) => {
  await asOperator(page, venue);
  const row = page.getByRole('row').filter({ hasText: 'EUA-EUR' });
  const act = async (name: string) => {
    await row.getByRole('button', { name }).click();
    await dialog(page).getByRole('button', { name }).click();
  };
  await walk(page, 'Halt an instrument', [
    [
      /^Open Instruments and halts and press Halt/,
      async () => {
        await page.getByRole('link', { name: 'Instruments and halts' }).click();
        await act('Halt');
        await expect(row).toContainText('Halted');
        await picture(page, 'halt');
      },
    ],
    [
      /^Nothing is matched until Resume/,
      async () => {
        await act('Resume');
        await expect(row).toContainText('Open');
      },
    ],
  ]);
});

test('somebody is locked out as the guide says', async ({ page, venue }) => {
  await asOperator(page, venue, 'admin');
  const client = await venue.user('ada');
  const token = await venue.tokenOf(client);
  const row = page.getByRole('row').filter({ hasText: client.email });
  await walk(page, 'Lock somebody out', [
    [
      /^Open Users and roles, and Lock or unlock/,
      async () => {
        await page.getByRole('link', { name: 'Users and roles' }).click();
        await page.getByRole('search').getByLabel('Search').fill(client.email);
        await row.getByRole('button', { name: 'Lock or unlock' }).click();
        await picture(page, 'lock');
        await dialog(page).getByRole('button', { name: 'Lock or unlock' }).click();
        await expect(row).toContainText('Locked');
      },
    ],
    [
      /^Their sessions and keys are refused everywhere at once/,
      async () => {
        const headers = { Authorization: `Bearer ${token}` };
        const status = async () => (await venue.request.get('/api/v1/auth/me', { headers })).status();
        await expect.poll(status).toBe(401);
      },
    ],
  ]);
});
