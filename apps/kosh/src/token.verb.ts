import { userInfo } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { isClaim, localTokens, type Role, ROLES } from '#vault';
import { dataDir, missingDataDir } from './database.js';
import { JSON_OPTION, printJson } from './json.js';

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;
const TTL_MAX_DAYS = 30;

type TokenOptions = { role: Role[]; office: string; actor: string; ttl: number; json?: true };

/** `kosh token` */
export function addToken(program: Command): void {
  program
    .command('token')
    .summary('issue a token for local mode')
    .description(
      'Prints a bearer token that a Kosh in local mode with the same data folder accepts. ' +
        'Where OIDC_ISSUER is set, tokens come from there. The key that signs is <data folder>/token-key.pem.',
    )
    .addOption(new Option('--role <role...>', 'what the bearer may do').choices(ROLES).makeOptionMandatory())
    .requiredOption('--office <name>', 'the office whose files the bearer sees', claim)
    .option('--actor <name>', 'who asks, as the log will say', claim, userInfo().username)
    .addOption(
      new Option('--ttl <time>', `how long it is good, such as 90s, 30m, 8h; at most ${TTL_MAX_DAYS}d`)
        .argParser(seconds)
        .default(8 * SECONDS.h, '8h'),
    )
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      `
Examples:
  npx kosh token --role caseworker --office Almaty
  curl -H "Authorization: Bearer $(npx kosh token --role analyst --office Astana)" \\
    http://127.0.0.1:3000/v1/reports/population?by=origin`,
    )
    .action(async ({ role, office, actor, ttl, json }: TokenOptions, command: Command) => {
      const issuer = process.env.OIDC_ISSUER;
      if (issuer) command.error(`error: OIDC_ISSUER is set: get the token from ${issuer}.`);
      const missing = missingDataDir();
      if (missing !== undefined) command.error(`error: ${missing}`);
      const { issue } = await localTokens(dataDir());
      const token = await issue({ actor, office, roles: role, ttlSeconds: ttl });
      if (json) printJson({ token, actor, office, roles: role, seconds: ttl });
      else console.log(token);
    });
}

function claim(text: string): string {
  if (isClaim(text)) return text;
  throw new InvalidArgumentError('Give a name of 1 to 200 characters.');
}

function seconds(text: string): number {
  const [, count, unit] = /^(\d{1,7})([smhd])$/.exec(text) ?? [];
  const total =
    unit === 's' || unit === 'm' || unit === 'h' || unit === 'd' ? Number(count) * SECONDS[unit] : 0;
  if (total > 0 && total <= TTL_MAX_DAYS * SECONDS.d) return total;
  throw new InvalidArgumentError(`Give a time such as 90s, 30m or 8h, at most ${TTL_MAX_DAYS}d.`);
}
