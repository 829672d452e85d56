import { createHmac, hash, pbkdf2Sync, randomBytes } from 'node:crypto';
import pg from 'pg';

/** The logins of the processes, where their passwords come from, and which roles they may take on. */
const LOGINS = [
  { login: 'kosh_api_login', variable: 'KOSH_API_PASSWORD', roles: 'kosh_api' },
  // Its process managers answer events with commands, as the API does.
  { login: 'kosh_projector_login', variable: 'KOSH_PROJECTOR_PASSWORD', roles: 'kosh_projector, kosh_api' },
] as const;

/**
 * Makes the logins whose password the environment has, or gives them that password. They may do nothing but
 * take on their roles. Answers their names. The login of `url` must be allowed to make others.
 */
export async function makeLogins(url: string, env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'kosh-migrate' });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock(5000)'); // As `migrate` does: one at a time.
    const made: string[] = [];
    for (const { login, variable, roles } of LOGINS) {
      const password = env[variable];
      if (!password) continue;
      const known = await client.query('select from pg_roles where rolname = $1', [login]);
      const verb = known.rows.length > 0 ? 'alter' : 'create';
      await client.query(
        `${verb} role ${login} login noinherit password ${pg.escapeLiteral(scramVerifier(password))};
         grant ${roles} to ${login}`,
      );
      made.push(login);
    }
    return made;
  } finally {
    await client.end();
  }
}

const ITERATIONS = 4_096;

/**
 * What Postgres keeps of a password (RFC 5803). Sent instead of it, so that the password never stands in a
 * statement or in the server's log.
 */
function scramVerifier(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const keyed = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = hash('sha256', keyed('Client Key'), 'base64');
  const serverKey = keyed('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
