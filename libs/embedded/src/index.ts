export { freePort } from './free-port.js';
export { type Kafka, type KafkaOptions, startKafka } from './kafka.js';
export { kafkaAvailable } from './kafka-available.js';
export { kafkaJars, type Progress } from './kafka-jars.js';
export { discardPostgres, type Postgres, type PostgresOptions, startPostgres } from './postgres.js';
