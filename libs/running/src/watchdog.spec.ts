import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, it } from '@jest/globals';

const WATCHDOG = new URL('../../../dist/libs/running/src/watchdog.js', import.meta.url).href;

/** A program that is watched for a second, and does this when its second thread has surely begun. */
async function ends(then: string) {
  const program = `import { watchEventLoop } from '${WATCHDOG}'; watchEventLoop(1); setTimeout(() => { ${then} }, 2_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 25_000,
  });
  const [said] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { code: child.exitCode, signal: child.signalCode, said };
}

it('ends a process whose event loop stands still, and says so', async () => {
  expect(await ends('for (;;);')).toEqual({
    code: null,
    signal: 'SIGKILL',
    said: expect.stringContaining('event loop has stood still'),
  });
});

it('keeps no process from ending, and lets one live that waits', async () => {
  expect(await ends('setTimeout(() => undefined, 2_500)')).toEqual({ code: 0, signal: null, said: '' });
});
