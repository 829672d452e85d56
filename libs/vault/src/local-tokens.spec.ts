import { chmod, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { importJWK, jwtVerify } from 'jose';
import { emptyFolders } from '../../../test/support/folders.js';
import { LOCAL_AUDIENCE, LOCAL_ISSUER, localTokens } from './local-tokens.js';

const dataDir = emptyFolders();
const aigul = { actor: 'aigul', office: 'Almaty', roles: ['caseworker'], ttlSeconds: 60 } as const;

describe('a token of local mode', () => {
  it('says who asks, for which office and in which role', async () => {
    const { publicJwk, issue } = await localTokens(await dataDir());
    const { payload } = await jwtVerify(await issue(aigul), await importJWK(publicJwk), {
      algorithms: ['EdDSA'],
      issuer: LOCAL_ISSUER,
      audience: LOCAL_AUDIENCE,
    });
    expect(payload).toMatchObject({ sub: 'aigul', office: 'Almaty', roles: ['caseworker'] });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
  });

  it('is still good after a restart, for the key is kept where only its owner reads it', async () => {
    const dir = await dataDir();
    const token = await (await localTokens(dir)).issue(aigul);
    const { publicJwk } = await localTokens(dir);
    await expect(jwtVerify(token, await importJWK(publicJwk))).resolves.toBeDefined();
    expect((await stat(join(dir, 'token-key.pem'))).mode & 0o777).toBe(0o600);
  });

  it('is not issued under a key that others can read', async () => {
    const dir = await dataDir();
    await localTokens(dir);
    await chmod(join(dir, 'token-key.pem'), 0o644);
    await expect(localTokens(dir)).rejects.toThrow(/chmod 600/);
  });

  it('is signed with one key even when several processes start at once', async () => {
    const dir = await dataDir();
    const keys = await Promise.all(Array.from({ length: 8 }, () => localTokens(dir)));
    expect(new Set(keys.map(({ publicJwk }) => publicJwk.x)).size).toBe(1);
  });
});
