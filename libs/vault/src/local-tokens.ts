import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { exportJWK, type JWK, SignJWT } from 'jose';
import { readOrMakeSecret } from './secret-file.js';

/** The `iss` of a token that Kosh issued itself, in local mode. */
export const LOCAL_ISSUER = 'kosh-local';
/** The `aud` of a token that Kosh issued itself. */
export const LOCAL_AUDIENCE = 'kosh';

/** What a token may say its bearer is. None is a superset of another. */
export const ROLES = [
  'registrar',
  'caseworker',
  'decision-officer',
  'flight-coordinator',
  'analyst',
  'auditor',
  'admin',
] as const;
export type Role = (typeof ROLES)[number];

/** Who the token speaks for. `actor` becomes the `sub`. */
export type TokenClaims = Readonly<{
  actor: string;
  office: string;
  roles: readonly Role[];
  ttlSeconds: number;
}>;

export type LocalTokens = Readonly<{
  /** Ed25519, with its `alg`: what verifies the tokens. */
  publicJwk: JWK;
  issue: (claims: TokenClaims) => Promise<string>;
}>;

/** Signs tokens for local mode with the key in `<dataDir>/token-key.pem`, which it makes on first use. */
export async function localTokens(dataDir: string): Promise<LocalTokens> {
  const key = createPrivateKey(await readOrMakeSecret(join(dataDir, 'token-key.pem'), newKey));
  return {
    publicJwk: { ...(await exportJWK(createPublicKey(key))), alg: 'EdDSA' },
    issue: ({ actor, office, roles, ttlSeconds }) =>
      new SignJWT({ office, roles })
        .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT' })
        .setIssuer(LOCAL_ISSUER)
        .setAudience(LOCAL_AUDIENCE)
        .setSubject(actor)
        .setIssuedAt()
        .setExpirationTime(`${ttlSeconds}s`)
        .sign(key),
  };
}

/** Whether a token may name such an actor or office: no token with another is taken. */
export function isClaim(claim: unknown): claim is string {
  return typeof claim === 'string' && /^[^\p{Cc}\p{Cs}]{1,200}$/u.test(claim);
}

function newKey(): Buffer {
  return Buffer.from(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }));
}
