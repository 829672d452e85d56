import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import { LOCAL_AUDIENCE, LOCAL_ISSUER, localTokens, type Role, ROLES } from '#vault';
import { Problem } from '../problem.js';

/** What a token says of its bearer. */
export type Bearer = Readonly<{ actor: string; office: string; roles: readonly Role[] }>;

const ALGORITHMS = ['EdDSA', 'RS256', 'ES256'];
const FETCH_TIMEOUT_MS = 5_000;

/** Verifies bearer tokens: signature by a pinned algorithm, issuer, audience, times. */
export class Tokens {
  private constructor(
    private readonly issuer: string,
    private readonly audience: string,
    private readonly keys: () => Promise<JWTVerifyGetKey>,
  ) {}

  /** Tokens that Kosh issued itself, with the key in the data directory. */
  static async local(dataDir: string): Promise<Tokens> {
    const { publicJwk } = await localTokens(dataDir);
    const keys = createLocalJWKSet({ keys: [publicJwk] });
    return new Tokens(LOCAL_ISSUER, LOCAL_AUDIENCE, () => Promise.resolve(keys));
  }

  /** Tokens of an OIDC provider, whose keys are found through its discovery document when first needed. */
  static oidc({ issuer, audience }: { issuer: string; audience: string }): Tokens {
    let found: Promise<JWTVerifyGetKey> | undefined;
    return new Tokens(issuer, audience, () => {
      found ??= discover(issuer).catch((cause: unknown) => {
        found = undefined; // The next request asks again.
        throw cause;
      });
      return found;
    });
  }

  /** Throws `unauthenticated`, or `unavailable` when the provider's keys cannot be had. */
  async verify(authorization: string | undefined): Promise<Bearer> {
    const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? '')?.[1];
    if (!token) throw unauthenticated('Send Authorization: Bearer <token>.');
    const keys = await this.keys().catch(unreachable);
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ALGORITHMS,
        issuer: this.issuer,
        audience: this.audience,
        requiredClaims: ['sub', 'exp'],
        clockTolerance: 5,
      });
      return bearerOf(payload);
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw unauthenticated('The token has expired. Get a new one.');
      if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) throw rethrown(error);
      throw unauthenticated(
        'The token is not valid here: its signature, issuer, audience or times are wrong.',
      );
    }
  }
}

function bearerOf({ sub, office, roles }: JWTPayload): Bearer {
  if (!isName(sub) || !isName(office) || !Array.isArray(roles)) {
    throw unauthenticated('The token must name sub, office and roles.');
  }
  return { actor: sub, office, roles: ROLES.filter((role) => roles.includes(role)) };
}

function isName(claim: unknown): claim is string {
  return typeof claim === 'string' && /^[^\p{Cc}\p{Cs}]{1,200}$/u.test(claim);
}

function unauthenticated(detail: string): Problem {
  return new Problem('unauthenticated', detail, { headers: { 'WWW-Authenticate': 'Bearer realm="kosh"' } });
}

function rethrown(error: unknown): unknown {
  return error instanceof Problem ? error : unreachable();
}

function unreachable(): never {
  throw new Problem('unavailable', 'The identity provider does not answer, so no token can be checked.', {
    headers: { 'Retry-After': '5' },
  });
}

async function discover(issuer: string): Promise<JWTVerifyGetKey> {
  const at = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(at, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS), redirect: 'error' });
  const found: unknown = await response.json();
  if (typeof found !== 'object' || found === null || !('jwks_uri' in found) || !('issuer' in found)) {
    throw new Error(`${at} is not a discovery document.`);
  }
  if (found.issuer !== issuer) throw new Error(`${at} speaks for ${String(found.issuer)}.`);
  return createRemoteJWKSet(new URL(String(found.jwks_uri)), { timeoutDuration: FETCH_TIMEOUT_MS });
}
