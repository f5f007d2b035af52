import { codeOf } from './outside';
import { expect, PASSWORD, signInByHand, test, type User, type Venue } from './venue';

/** Switches the second factor on; its code of half a minute ago is used up by that. */
async function guard(venue: Venue, user: User): Promise<string> {
  const token = (await venue.login(user.email)).access_token;
  const { secret } = await venue.ask('POST', 'settings/2fa/enable', undefined, token);
  await venue.ask('POST', 'settings/2fa/verify', { code: codeOf(secret, '30 seconds ago') }, token);
  return secret;
}

test('who has a second factor is asked for its code', async ({ page, venue }) => {
  const operator = await venue.user('guarded', 'operator');
  const secret = await guard(venue, operator);
  await page.goto('/login?next=/admin/accounts');
  await page.getByLabel('E-mail').fill(operator.email);
  await page.getByLabel('Password').fill(operator.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('Code of your authenticator app').fill('000000');
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByRole('alert').filter({ hasText: /\w/ })).toBeVisible();
  await page.getByLabel('Code of your authenticator app').fill(codeOf(secret));
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByRole('heading', { name: 'Accounts' })).toBeVisible();
});

test('a session goes on after a reload, and no script can read its tokens', async ({ page, venue }) => {
  await signInByHand(page, await venue.user('operator', 'operator'));
  await page.goto('/admin/market-makers');
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Market makers' })).toBeVisible();
  const seen = await page.evaluate(() => [document.cookie, JSON.stringify({ ...localStorage })].join());
  expect(seen).not.toMatch(/bourse-access|eyJ/);
});

test('a session that is ended elsewhere ends here, and says so', async ({ page, venue }) => {
  const operator = await venue.user('operator', 'operator');
  await signInByHand(page, operator);
  await page.goto('/admin/market-makers');
  await expect(page.getByRole('heading', { name: 'Market makers' })).toBeVisible();
  const token = (await venue.login(operator.email)).access_token;
  const sessions = await venue.ask('GET', 'settings/sessions', undefined, token);
  for (const session of sessions.items.filter((one: { current: boolean }) => !one.current))
    await venue.ask('DELETE', `settings/sessions/${session.id}`, undefined, token);
  await page.getByRole('link', { name: 'Market orders' }).click();
  await expect(page.getByText('Your session has ended')).toBeVisible();
  await expect(page.getByLabel('Password')).toBeVisible();
});

for (const policy of ['origin', 'no-referrer']) {
  test(`a form of a foreign page signs nobody in, its policy being ${policy}`, async ({ page, venue }) => {
    const { email } = await venue.user('author');
    const body = `<meta name="referrer" content="${policy}">
      <form method="post" action="${process.env['BOURSE_URL']}/api/v1/auth/login">
      <input name="username" value="${email}"><input name="password" value="${PASSWORD}">
      <input name="cookie" value="true"><button>Go on</button></form>`;
    await page.route('https://evil.example/', (route) => route.fulfill({ contentType: 'text/html', body }));
    await page.goto('https://evil.example/');
    const answered = page.waitForResponse('**/api/v1/auth/login');
    await page.getByRole('button', { name: 'Go on' }).click();
    const answer = await answered;
    expect(await answer.request().headerValue('origin')).toBe(
      policy === 'origin' ? 'https://evil.example' : 'null',
    );
    expect(answer.status()).toBe(403);
    expect(await page.context().cookies()).toEqual([]);
  });
}

test('nobody sees a page that is not for him', async ({ page, venue }) => {
  await signInByHand(page, await venue.user('client'));
  await page.goto('/admin/market-makers');
  await expect(page.getByText('There is no such page here.')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Market makers' })).toHaveCount(0);
});

test('who comes back from a provider is signed in, asked for a code, or told why not', async ({
  page,
  venue,
}) => {
  await page.goto('/login#refused=INVALID_CREDENTIALS');
  await expect(page.getByRole('alert').filter({ hasText: 'No account here has confirmed' })).toBeVisible();
  await expect(page).toHaveURL(/\/login$/);
  await page.goto('/register');
  await page.goto('/login#challenge=something');
  await expect(page.getByLabel('Code of your authenticator app')).toBeVisible();
  await page.goto('/register');
  await page.goto('/login');

  await signInByHand(page, await venue.user('vouched'));
  await page.evaluate(() => localStorage.removeItem('bourse.signed-in'));
  await page.goto('/register');
  await page.goto('/login#signed-in');
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
});

test('a sign-in through a provider leads to the page that one came for', async ({ page, venue }) => {
  await signInByHand(page, await venue.user('vouched'));
  await page.evaluate(() => localStorage.removeItem('bourse.signed-in'));
  // A provider that vouches for whoever is sent there; the cookies are those of before.
  await page.route('**/api/v1/auth/oidc', (route) =>
    route.fulfill({ json: { items: [{ name: 'example' }], next_cursor: null } }),
  );
  await page.route('**/api/v1/auth/oidc/example/start?*', (route) =>
    route.fulfill({ status: 303, headers: { Location: '/login#signed-in' } }),
  );
  await page.goto('/transactions?asset=EUR');
  await page.getByRole('link', { name: 'Sign in with example' }).click();
  await expect(page.getByRole('heading', { name: 'Transactions' })).toBeVisible();
  await expect(page).toHaveURL(/\/transactions\?asset=EUR$/);
});
