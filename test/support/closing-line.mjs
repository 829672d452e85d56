import { writeSync } from 'node:fs';

/**
 * A Jest reporter whose line ends the output: how many specs passed, failed and were skipped. Before it,
 * the specs that were skipped for want of a Kafka, or of spin and gcc, with the remedy.
 */
export default class ClosingLine {
  onRunComplete(_, results) {
    const passed = results.numPassedTests;
    // A spec file that does not load is a failure too.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const closing = [
      ...skippedWithout('Kafka', process.env.KOSH_TEST_KAFKA_REMEDY, results),
      ...skippedWithout('spin and gcc', 'To run them: apt-get install spin gcc.', results),
      `Tests: ${passed} passed, ${failed} failed, ${skipped} skipped`,
    ];
    // After Jest's own summary; with --bail, after Jest has shut process.stdout.
    process.once('exit', () => writeSync(1, `\n${closing.join('\n')}\n`));
  }
}

function skippedWithout(what, remedy, { testResults }) {
  const pending = testResults
    .flatMap((file) => file.testResults)
    .filter(({ status }) => status === 'pending');
  const names = pending.map(({ fullName }) => fullName).filter((name) => name.includes(`(needs ${what})`));
  return remedy && names.length > 0 ? [`Skipped without ${what}: ${names.join('; ')}. ${remedy}`] : [];
}
