/**
 * A Jest reporter whose line ends the output: how many specs passed, failed and were skipped. Before it, the specs that
 * were skipped for want of a Kafka, with the remedy.
 */
export default class ClosingLine {
  onRunComplete(_, results) {
    const passed = results.numPassedTests;
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites; // A spec file that does not load, too.
    const skipped = results.numPendingTests + results.numTodoTests;
    const closing = [
      ...withoutKafka(results),
      `Tests: ${passed} passed, ${failed} failed, ${skipped} skipped`,
    ];
    process.once('exit', () => process.stdout.write(`\n${closing.join('\n')}\n`)); // After Jest's own summary.
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
