import type { Command } from 'commander';
import { migrate } from '#event-store';
import { databaseUrl, mustAnswer } from './database.js';
import { JSON_OPTION, printJson } from './json.js';
import { makeLogins } from './logins.js';

/** `kosh migrate` */
export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .summary('bring the database to this version of Kosh')
    .description(
      'Applies the migrations that are missing, each once, also when several processes ask at the same ' +
        'time. The login of DATABASE_URL must be allowed to create roles and schemas.\n\n' +
        'Where KOSH_API_PASSWORD or KOSH_PROJECTOR_PASSWORD is set, makes the logins kosh_api_login (for ' +
        'the api) or kosh_projector_login (for relay and projector) with that password.',
    )
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nExample:\n  DATABASE_URL=postgres://postgres@localhost/kosh KOSH_API_PASSWORD=… npx kosh migrate',
    )
    .action(async ({ json }: { json?: true }) => {
      const url = await databaseUrl();
      await mustAnswer(url);
      const applied = await migrate(url);
      const logins = await makeLogins(url, process.env);
      if (json) return printJson({ applied, logins });
      console.log(applied.length > 0 ? `applied ${applied.join(', ')}` : 'nothing to apply');
      for (const login of logins) console.log(`${login} may log in`);
    });
}
