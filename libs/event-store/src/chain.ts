import { hash } from 'node:crypto';
import type { Row } from './recorded.js';

/** What stands before position 1. */
export const GENESIS: Buffer = Buffer.alloc(32);

/**
 * SHA-256 of a row's fields: 0x00, then each as a 4-byte big-endian length and its UTF-8 bytes (absent: length
 * 0xFFFFFFFF), in the order position, stream, version, type, schema_version, occurred_on, recorded_at, body, meta,
 * sealed (hex).
 */
export function leaf(row: Omit<Row, 'hash'>): Buffer {
  const texts = [
    String(row.position),
    row.stream,
    String(row.version),
    row.type,
    String(row.schemaVersion),
    row.occurredOn,
    row.recordedAt,
    row.body,
    row.meta,
    row.sealed?.toString('hex') ?? null,
  ];
  const bytes = Buffer.allocUnsafe(
    1 + texts.reduce((sum, text) => sum + 4 + Buffer.byteLength(text ?? ''), 0),
  );
  let end = bytes.writeUInt8(0x00, 0);
  for (const text of texts) {
    if (text === null) {
      end = bytes.writeUInt32BE(0xffffffff, end);
    } else {
      const length = bytes.write(text, end + 4);
      end = bytes.writeUInt32BE(length, end) + length;
    }
  }
  return hash('sha256', bytes, 'buffer');
}

/** SHA-256(0x03 ‖ previous hash ‖ leaf): the hash of a row. */
export function chain(previous: Buffer, rowLeaf: Buffer): Buffer {
  return hash('sha256', Buffer.concat([Buffer.from([0x03]), previous, rowLeaf]), 'buffer');
}
