// push.spec.ts - notifications in a browser of which no page is open. The push service of a browser's maker is outside of
// any test: here it is a server of the test's own, which hands what it got to the browser as its maker's would.
import { type CDPSession, type Page } from '@playwright/test';
import { createDecipheriv, createECDH, createHmac, randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { as } from './desk';
import { expect, signIn, test } from './venue';

const hmac = (key: Buffer, ...parts: (Buffer | string)[]) =>
  parts.reduce((made, part) => made.update(part), createHmac('sha256', key)).digest();

/** A browser's subscription, with the keys that it alone has, and the service that takes messages for it. */
class Service {
  readonly got: Buffer[] = [];
  private readonly keys = createECDH('prime256v1');
  private readonly auth = randomBytes(16);
  private readonly server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      this.got.push(Buffer.concat(parts));
      response.writeHead(201).end();
    });
  });

  async listen(): Promise<{ endpoint: string; keys: { p256dh: string; auth: string } }> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const { port } = this.server.address() as AddressInfo;
    const p256dh = this.keys.generateKeys().toString('base64url');
    const keys = { p256dh, auth: this.auth.toString('base64url') };
    return { endpoint: `http://127.0.0.1:${port}/browser`, keys };
  }

  close(): void {
    this.server.close();
  }

  /** What a message says, opened as the browser does before its worker is told (RFC 8291). */
  open(message: Buffer): string {
    const [salt, sender, sealed] = [message.subarray(0, 16), message.subarray(21, 86), message.subarray(86)];
    const info = ['WebPush: info\0', this.keys.getPublicKey(), sender, '\x01'];
    const secret = hmac(hmac(this.auth, this.keys.computeSecret(sender)), ...info);
    const key = hmac(salt, secret);
    const part = (name: string) => hmac(key, `Content-Encoding: ${name}\0\x01`);
    const nonce = part('nonce').subarray(0, 12);
    const decipher = createDecipheriv('aes-128-gcm', part('aes128gcm').subarray(0, 16), nonce);
    decipher.setAuthTag(sealed.subarray(-16));
    const text = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
    return text.subarray(0, text.lastIndexOf('\x02')).toString();
  }
}

/** Where the browser's own subscription would be asked of its maker. */
async function subscribeTo(page: Page, subscription: object): Promise<void> {
  await page.addInitScript((given) => {
    const made = { endpoint: (given as { endpoint: string }).endpoint, toJSON: () => given };
    let subscribed: unknown = null;
    const { prototype } = PushManager as any;
    prototype.subscribe = async (options: { applicationServerKey: string }) => {
      if (!/^B[\w-]{86}$/.test(options.applicationServerKey)) throw new Error('it is no key');
      return (subscribed = made);
    };
    prototype.getSubscription = async () => subscribed;
  }, subscription);
}

/** Tells the page's worker, as the browser does when a message has come for it. */
async function deliver(page: Page, data: string): Promise<void> {
  const session: CDPSession = await page.context().newCDPSession(page);
  const registrationId = new Promise<string>((resolve) =>
    session.on('ServiceWorker.workerVersionUpdated', ({ versions }) => {
      const active = versions.find(({ status }) => status === 'activated');
      if (active) resolve(active.registrationId);
    }),
  );
  await session.send('ServiceWorker.enable');
  const origin = new URL(page.url()).origin;
  await session.send('ServiceWorker.deliverPushMessage', {
    origin,
    registrationId: await registrationId,
    data,
  });
}

const shown = (page: Page) =>
  page.evaluate(async () => {
    const worker = await navigator.serviceWorker.ready;
    return (await worker.getNotifications()).map(({ body }) => body);
  });

test('a browser that has subscribed is told in its reader’s language, until it is taken off', async ({
  page,
  venue,
}) => {
  const service = new Service();
  await subscribeTo(page, await service.listen());
  await page.context().grantPermissions(['notifications']);
  const client = await venue.trader('away', { EUR: '1000' });
  await as(venue, client, 'PUT', 'settings', { email_notifications: false });
  await signIn(page, client, '/settings');
  const browsers = page.getByRole('region', { name: 'Browsers that you are told in' });
  await page.getByRole('button', { name: 'Tell me in this browser' }).click();
  await expect(page.getByText('This browser will tell you.')).toBeVisible();
  const row = browsers.getByRole('row').filter({ hasText: 'this browser' });
  await expect(row).toBeVisible();

  const { id } = await as(venue, client, 'POST', 'support/tickets', {
    subject: 'Where is it?',
    category: 'funding',
    text: 'It left on Monday.',
  });
  await venue.ask('POST', `admin/support/tickets/${id}/reply`, { text: 'It came today.' });
  await expect.poll(() => service.got.length, { timeout: 30_000 }).toBe(1);
  await deliver(page, service.open(service.got[0]!));
  await expect.poll(() => shown(page)).toEqual(['Support has answered']);

  await row.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await expect(row).toBeHidden();
  service.close();
});
