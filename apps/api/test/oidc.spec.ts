import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from 'jose';
import { type Stack, startStack } from '../../../test/support/stack.js';

let provider: Server;
let issuer: string;
let stack: Stack;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;

beforeAll(async () => {
  keys = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  provider = createServer((request, response) => {
    const found = request.url === '/jwks' ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/jwks` };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(found));
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  const address = provider.address();
  issuer = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  stack = await startStack({ env: { OIDC_ISSUER: issuer, OIDC_AUDIENCE: 'kosh' } });
});
afterAll(async () => {
  await stack?.close();
  provider?.closeAllConnections();
  provider?.close();
});

const CLAIMS = { office: 'Almaty', roles: ['registrar'] };

async function status(
  change: Partial<{
    iss: string;
    aud: string;
    exp: string;
    claims: object;
    header: JWTHeaderParameters;
  }> = {},
) {
  const token = await new SignJWT({ ...(change.claims ?? CLAIMS) })
    .setProtectedHeader(change.header ?? { alg: 'RS256', kid: 'k1' })
    .setIssuer(change.iss ?? issuer)
    .setAudience(change.aud ?? 'kosh')
    .setSubject('aigul')
    .setExpirationTime(change.exp ?? '10m')
    .sign(keys.privateKey);
  const response = await fetch(`${stack.url}/v1/cases`, { headers: { authorization: `Bearer ${token}` } });
  await response.arrayBuffer();
  return response.status;
}

describe('a token of the OIDC issuer', () => {
  it('is taken', async () => {
    expect(await status()).toBe(200);
  });

  it.each([
    ['another issuer', { iss: 'https://elsewhere.example' }],
    ['another audience', { aud: 'payroll' }],
    ['an hour ago', { exp: '1h ago' }],
    ['a key that the issuer does not have', { header: { alg: 'RS256', kid: 'k2' } }],
    ['nobody in particular', { claims: { roles: ['registrar'] } }],
    ['roles that are no list', { claims: { office: 'Almaty', roles: 'registrar' } }],
  ])('for %s is refused', async (_, change) => {
    expect(await status(change)).toBe(401);
  });

  it('with roles that Kosh does not know opens nothing', async () => {
    expect(await status({ claims: { office: 'Almaty', roles: ['root'] } })).toBe(403);
  });

  it("is the only one that counts: Kosh's own are refused", async () => {
    expect((await (await stack.as(['registrar'])).get('/cases')).status).toBe(401);
  });
});

describe('while the issuer is away', () => {
  it('no token can be checked, and the answer says so', async () => {
    const alone = await startStack({ env: { OIDC_ISSUER: 'http://127.0.0.1:9', OIDC_AUDIENCE: 'kosh' } });
    const answer = await (await alone.as(['registrar'])).get('/cases');
    await alone.close();
    expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } });
  });
});
