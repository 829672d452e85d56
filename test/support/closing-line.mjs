import { writeSync } from 'node:fs';

/**
 * A Jest reporter whose line ends the output: how many specs passed, failed and were skipped. Before it,
 * the specs that were skipped for want of a Kafka, with the remedy.
 */
export default class ClosingLine {
  onRunComplete(_, results) {
    const passed = results.numPassedTests;
    // A spec file that does not load is a failure too.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const closing = [
      ...withoutKafka(results),
      `Tests: ${passed} passed, ${failed} failed, ${skipped} skipped`,
    ];
    // After Jest's own summary; with --bail, after Jest has shut process.stdout.
    process.once('exit', () => writeSync(1, `\n${closing.join('\n')}\n`));
  }
}

function withoutKafka({ testResults }) {
  const remedy = process.env.KOSH_TEST_KAFKA_REMEDY;
  const pending = testResults
    .flatMap((file) => file.testResults)
    .filter(({ status }) => status === 'pending');
  const names = pending.map(({ fullName }) => fullName).filter((name) => name.includes('(needs Kafka)'));
  return remedy && names.length > 0 ? [`Skipped without Kafka: ${names.join('; ')}. ${remedy}`] : [];
}
