// oidc_provider.mjs MODULES PORT REDIRECT_URI [SECRETS] - an OpenID provider for tests: npm's oidc-provider, with its own
// pages for development, where everybody is who they say they are. With a file SECRETS its client has to show a line of it.
import { readFileSync } from 'node:fs';

const [modules, port, redirectUri, secrets] = process.argv.slice(2);
const { default: Provider } = await import(`${modules}/oidc-provider/lib/index.js`);

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'bourse',
    redirect_uris: [redirectUri],
    response_types: ['code'],
    grant_types: ['authorization_code'],
    ...(secrets
      ? { token_endpoint_auth_method: 'client_secret_post', client_secret: 'a line of the file' }
      : { token_endpoint_auth_method: 'none' }),
  }],
  pkce: { required: () => true },
  conformIdTokenClaims: false,
  claims: { openid: ['sub'], email: ['email', 'email_verified'] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: id, email_verified: !id.startsWith('unverified') }),
  }),
});
if (secrets) {
  provider.Client.prototype.compareClientSecret = (shown) => readFileSync(secrets, 'utf8').split('\n').includes(shown);
}
provider.listen(Number(port), '127.0.0.1');
