import { Worker } from 'node:worker_threads';

const LOOK_SECONDS = 5;

/** The event loop of a process that is held up does nothing any more, not even end it: a second thread must. */
const WATCH = `
  const { workerData: { beats, looksMax, lookMs } } = require('node:worker_threads');
  const { writeSync } = require('node:fs');
  let last = -1;
  let still = 0;
  setInterval(() => {
    const now = Atomics.load(beats, 0);
    still = now === last ? still + 1 : 0;
    last = now;
    if (still < looksMax) return;
    // Not by process.stderr, which goes through the thread that stands still.
    writeSync(2, 'The event loop has stood still for ' + (still * lookMs) / 1000 + ' s: the process ends.\\n');
    process.kill(process.pid, 'SIGKILL');
  }, lookMs);
`;

/**
 * Ends this process when its event loop has stood still for so many seconds: its supervisor starts it again. A process
 * that is stopped altogether (SIGSTOP) can only be found from outside, by whoever asks \`/livez\`.
 */
export function watchEventLoop(seconds: number): void {
  const lookMs = Math.min(LOOK_SECONDS, seconds / 3) * 1_000;
  const beats = new Int32Array(new SharedArrayBuffer(4));
  setInterval(() => Atomics.add(beats, 0, 1), lookMs / 2).unref();
  const looksMax = Math.round((seconds * 1_000) / lookMs);
  // Not with what the process itself was given: it might be another kind of program by that.
  const worker = new Worker(WATCH, { eval: true, execArgv: [], workerData: { beats, looksMax, lookMs } });
  // Without it the process does its work all the same.
  worker.on('error', () => undefined);
  worker.unref();
}
