/** The brokers of the run's one Kafka, which the first call starts. Make topics of your own in it. */
export async function kafkaBrokers(): Promise<string> {
  const given = process.env.KOSH_TEST_KAFKA;
  if (given) return given;
  const door = process.env.KOSH_TEST_KAFKA_DOOR;
  if (door === undefined)
    throw new Error('There is no Kafka in this run: put the spec into describeWithKafka.');
  const response = await fetch(door);
  const answer = await response.text();
  if (!response.ok) throw new Error(answer);
  return answer;
}
