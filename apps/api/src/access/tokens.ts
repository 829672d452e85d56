import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import { isClaim, LOCAL_AUDIENCE, LOCAL_ISSUER, localTokens, type Role, ROLES } from '#vault';
import { Problem } from '../problem.js';

/** What a token says of its bearer. */
export type Bearer = Readonly<{ actor: string; office: string; roles: readonly Role[] }>;

type Trusted = Readonly<{ bearer: Bearer; until: number }>;

const ALGORITHMS = ['EdDSA', 'RS256', 'ES256'];
const FETCH_TIMEOUT_MS = 5_000;
/** So far apart may the clocks of the issuer and of this machine be. */
const CLOCK_TOLERANCE_SECONDS = 30;
/** A verified token is taken again for so long, since to verify one costs as much as the rest of its request. */
const TRUSTED_MS = 5_000;
const TRUSTED_MAX = 1_000;

/** Verifies bearer tokens: signature by a pinned algorithm, issuer, audience, times. */
export class Tokens {
  private readonly trusted = new Map<string, Trusted>();

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
    const said = /^Bearer +(.*)$/i.exec(authorization ?? '')?.[1];
    if (!said) {
      throw new Problem('unauthenticated', 'There is no token. Send Authorization: Bearer <token>.', {
        headers: { 'WWW-Authenticate': REALM },
      });
    }
    const token = /^[\w-]+\.[\w-]+\.[\w-]+$/.exec(said)?.[0];
    if (!token) {
      throw invalidToken('The token is no JWT: that has three parts, with dots between. Send it whole.');
    }
    const trusted = this.trusted.get(token);
    if (trusted && Date.now() < trusted.until) return trusted.bearer;
    this.trusted.delete(token);
    const verified = await this.verified(token);
    if (this.trusted.size >= TRUSTED_MAX) this.trusted.clear();
    this.trusted.set(token, verified);
    return verified.bearer;
  }

  private async verified(token: string): Promise<Trusted> {
    const keys = await this.keys().catch(unreachable);
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ALGORITHMS,
        issuer: this.issuer,
        audience: this.audience,
        requiredClaims: ['sub', 'exp'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
      });
      const expires = ((payload.exp ?? 0) + CLOCK_TOLERANCE_SECONDS) * 1_000;
      return { bearer: bearerOf(payload), until: Math.min(expires, Date.now() + TRUSTED_MS) };
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw invalidToken('The token has expired. Get a new one.');
      if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) throw rethrown(error);
      throw invalidToken('The token is not valid here: its signature, issuer, audience or times are wrong.');
    }
  }
}

function bearerOf({ sub, office, roles }: JWTPayload): Bearer {
  if (!isClaim(sub) || !isClaim(office) || !Array.isArray(roles)) {
    throw invalidToken('The token must name sub, office and roles.');
  }
  return { actor: sub, office, roles: ROLES.filter((role) => roles.includes(role)) };
}

const REALM = 'Bearer realm="kosh"';

/** RFC 6750: who sent no token is not told of an error in it. */
function invalidToken(detail: string): Problem {
  return new Problem('unauthenticated', detail, {
    headers: { 'WWW-Authenticate': `${REALM}, error="invalid_token"` },
  });
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
