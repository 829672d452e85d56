import { hash } from 'node:crypto';

/**
 * The partition of a stream: the first 4 bytes of SHA-256 of its name, big-endian, modulo the partition
 * count. Part of the public contract: it never changes, and another partition count is another topic.
 */
export function partitionOf(stream: string, partitions: number): number {
  return hash('sha256', stream, 'buffer').readUInt32BE(0) % partitions;
}
