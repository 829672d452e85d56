export * from './asyncapi.js';
export { type Connect, type KafkaClient, type KafkaSettings, type Log } from './client.js';
export * from './envelope.js';
export * from './kafka-source.js';
export * from './partitioner.js';
export { type RelayOptions, type RelayState, runRelay } from './relay.js';
export * from './schemas.js';
export { kafkaSettingsFrom } from './settings.js';
export { WrongTopic } from './topic.js';
