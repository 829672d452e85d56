import { Command } from 'commander';
import { fail } from '#running';
import { runDemo } from './demo.js';
import { runSystem } from './start.js';

const program = new Command('standalone').description('All of Kosh in one process, on servers of its own.');
program.command('start').description('the system, empty at first; its data are kept').action(runSystem);
program
  .command('demo')
  .description("an agency's history of 1994 to 1999, played and printed")
  .action(runDemo);

await program.parseAsync().catch(fail);
