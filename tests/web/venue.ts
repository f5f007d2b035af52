// venue.ts - the stack that is tested, as its API sees it: who there is, and what they have. And a page that is signed
// in, whose console is watched: an error there, or a report of the content policy, fails the test.
import { type APIRequestContext, expect, type Page, test as base } from '@playwright/test';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

export const PASSWORD = 'correct horse battery staple';

/** An answer says that much only after ten seconds. */
const BUSY_TRIES_MAX = 6;

export const unique = (start: string): string => `${start}-${randomBytes(4).toString('hex')}`;

export interface User {
  email: string;
  password: string;
  id: string;
  account_id: string;
}

function adminSecret(): { email: string; password: string } {
  const text = readFileSync(`${process.env['BOURSE_RUN_DIR']}/admin.env`, 'utf8');
  const of = (name: string) => new RegExp(`${name}=['"]?([^'"\\n]*)`).exec(text)![1]!;
  return { email: of('BOURSE_ADMIN_EMAIL'), password: of('BOURSE_ADMIN_PASSWORD') };
}

export class Venue {
  private token = '';
  private readonly tokens = new Map<string, string>();
  private readonly shared = new Map<string, User>();
  readonly admin = adminSecret();

  constructor(readonly request: APIRequestContext) {}

  /** Asked again under the same key where the venue is too busy to answer in time. */
  async ask(method: string, path: string, body?: unknown, token = this.token): Promise<any> {
    const headers = {
      'Idempotency-Key': unique('test'),
      ...(token && { Authorization: `Bearer ${token}` }),
    };
    for (let tries = 0; ; tries++) {
      const answer = await this.request.fetch(`/api/v1/${path}`, {
        method,
        headers,
        ...(body !== undefined && { data: body }),
      });
      const text = await answer.text();
      if (tries < BUSY_TRIES_MAX && (answer.status() === 202 || answer.status() === 503)) continue;
      expect(answer.ok(), `${method} ${path}: ${answer.status()} ${text}`).toBe(true);
      return text ? JSON.parse(text) : undefined;
    }
  }

  async login(email: string, password = PASSWORD): Promise<{ access_token: string; user: any }> {
    return this.ask('POST', 'auth/login', { email, password }, '');
  }

  /** What somebody who has a password alone is known by to the API. */
  async tokenOf({ email, password }: Pick<User, 'email' | 'password'>): Promise<string> {
    const known = this.tokens.get(email) ?? (await this.login(email, password)).access_token;
    this.tokens.set(email, known);
    return known;
  }

  /** From here on requests are the first admin's. */
  async asAdmin(): Promise<this> {
    this.token = (await this.login(this.admin.email, this.admin.password)).access_token;
    return this;
  }

  async user(name: string, ...roles: string[]): Promise<User> {
    const email = `${unique(name)}@example.com`;
    const made = await this.ask(
      'POST',
      'auth/register',
      { email, password: PASSWORD, full_name: `${name} of the tests` },
      '',
    );
    if (roles.length) await this.ask('PUT', `admin/users/${made.id}/role`, { roles });
    return { email, password: PASSWORD, id: made.id, account_id: made.account_id };
  }

  /** Somebody of the venue's own, the same for all tests: what they are and may stays as it is. */
  async staff(role: 'operator' | 'auditor'): Promise<User> {
    const known = this.shared.get(role) ?? (await this.user(role, role));
    this.shared.set(role, known);
    return known;
  }

  /** A user whose account is active, with so much of each asset. */
  async trader(name: string, funds: Record<string, string>): Promise<User> {
    const user = await this.user(name);
    await this.ask('PUT', `admin/accounts/${user.account_id}`, { status: 'active' });
    for (const [asset, amount] of Object.entries(funds))
      await this.ask('POST', `admin/accounts/${user.account_id}/deposits`, { asset, amount });
    return user;
  }

  /** By two admins, where the rules are about the rules, too. */
  async changeRules(second: string, rules: object): Promise<void> {
    const { approval_id } = await this.ask('PUT', 'admin/venue-rules', rules);
    if (approval_id) await this.ask('POST', `admin/approvals/${approval_id}/approve`, undefined, second);
  }

  async marketMaker(
    name: string,
    balances: Record<string, string> = {},
  ): Promise<{ id: string; name: string; email: string }> {
    const called = unique(name);
    const email = `${unique('desk')}@example.com`;
    return this.ask('POST', 'admin/market-makers', {
      name: called,
      email,
      password: PASSWORD,
      initial_balances: balances,
    });
  }
}

type Known = Pick<User, 'email' | 'password'>;

/** A page of somebody who has signed in before, in this browser: its cookies are good. */
export async function signIn(page: Page, user: Known, path = '/'): Promise<void> {
  await expect(async () => {
    const data = { email: user.email, password: user.password, cookie: true };
    const headers = { Origin: new URL(process.env['BOURSE_URL']!).origin };
    expect((await page.request.post('/api/v1/auth/login', { data, headers })).ok()).toBe(true);
  }, 'the venue is not too busy').toPass();
  await page.goto('/icon.svg');
  await page.evaluate(() => localStorage.setItem('bourse.signed-in', 'yes'));
  await page.goto(path);
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
}

/** As one signs in at the page that asks. */
export async function signInByHand(page: Page, user: Known): Promise<void> {
  await page.goto('/login');
  await page.getByLabel('E-mail').fill(user.email);
  await page.getByLabel('Password').fill(user.password);
  await expect(async () => {
    const button = page.getByRole('button', { name: 'Sign in' });
    if (await button.isVisible()) await button.click();
    await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
  }, 'the venue is not too busy').toPass();
}

/** A refusal is shown to the user, and the browser notes it too; that is no fault of the page. */
const REFUSAL = /Failed to load resource: the server responded with a status of (4\d\d|503)/;

interface Fixtures {
  /** What the console of a test may say beside refusals. */
  allowed: RegExp;
  watched: void;
}

export const test = base.extend<Fixtures, { venue: Venue }>({
  allowed: [/^$/, { option: true }],
  venue: [
    async ({ playwright }, use) => {
      const request = await playwright.request.newContext({
        baseURL: process.env['BOURSE_URL']!,
        ignoreHTTPSErrors: true,
      });
      await use(await new Venue(request).asAdmin());
      await request.dispose();
    },
    { scope: 'worker' },
  ],
  watched: [
    async ({ page, allowed }, use) => {
      const faults: string[] = [];
      page.on('console', (message) => {
        const text = message.text();
        const isFault = ['error', 'warning'].includes(message.type());
        if (isFault && !REFUSAL.test(text) && !allowed.test(text)) faults.push(text);
      });
      page.on('pageerror', (error) => faults.push(String(error)));
      await use();
      expect(faults, 'the console stays clean').toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };
