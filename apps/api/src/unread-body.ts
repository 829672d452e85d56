import type { IncomingMessage } from 'node:http';

/** So much more of a body is read and thrown away, for so long: then the connection is cut. */
export const UNREAD_BYTES_MAX = 16 * 1024 * 1024;
const UNREAD_MS_MAX = 5_000;

/**
 * Returns when the rest of a body that nobody wants has come, or was too much. Most clients read no answer
 * before they have sent their whole request: closed upon earlier, they see a broken connection in its place.
 */
export function throwAwayRest(message: IncomingMessage): Promise<void> {
  const { 'content-length': length, 'transfer-encoding': encoding } = message.headers;
  const isNone = (length === undefined || Number(length) === 0) && encoding === undefined;
  if (isNone || message.complete || message.destroyed) return Promise.resolve();
  if (Number(length ?? 0) > UNREAD_BYTES_MAX) return Promise.resolve();
  return new Promise((resolve) => {
    let bytes = 0;
    const count = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > UNREAD_BYTES_MAX) done();
    };
    const done = () => {
      clearTimeout(timer);
      message.off('data', count).off('end', done).off('close', done);
      resolve();
    };
    const timer = setTimeout(done, UNREAD_MS_MAX);
    message.on('data', count).on('end', done).on('close', done).resume();
  });
}
