// outside.ts - what comes from outside of the venue's page: mails, small deposits, an authenticator, what is set aside.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from './venue';

const run = (command: string, ...given: string[]) => execFileSync(command, given, { encoding: 'utf8' });

/** The path of the page's link in the newest mail to an address, as the stack's catcher keeps it. */
async function linkIn(email: string, page: string): Promise<string> {
  const folder = join(process.env['BOURSE_RUN_DIR']!, 'mail');
  const wanted = new RegExp(`/${page}#token=[\\w-]+`);
  const find = () =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.eml'))
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .filter((mail) => mail.includes(`To: <${email}>`))
      .map((mail) => wanted.exec(mail)?.[0])
      .filter(Boolean)
      .at(-1);
  await expect.poll(find, { message: `a mail to ${email}`, timeout: 30_000 }).toBeTruthy();
  return find()!;
}

/** What was sent to a new payment method, which its holder finds on his bank's statement. */
async function smallDeposits(method: string): Promise<[string, string]> {
  const find = () =>
    run(join(process.cwd(), '../../infra/process'), 'run', 'bourse', 'small-deposits')
      .split('\n')
      .map((line) => line.split('\t'))
      .find(([id]) => id === method)?.[2]
      ?.split(' ');
  await expect.poll(find, { message: `small deposits to ${method}` }).toBeTruthy();
  return find() as [string, string];
}

const codeOf = (secret: string, at = 'now'): string =>
  run('oathtool', '--totp', '--base32', `--now=${at}`, secret).trim();

/** What was set aside: of whom an order, and in base64 what cannot be read. */
function setAside(): { email: string; raw: string } {
  const program = join(process.cwd(), '../integration/poison.py');
  const [email, raw] = run('/usr/bin/python3', '-B', program).trim().split(' ');
  return { email: email!, raw: raw! };
}

export { codeOf, linkIn, setAside, smallDeposits };
