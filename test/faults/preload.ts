/**
 * Given to Node by `--import` before one of the product's processes: ends it with SIGKILL at an exact point of its
 * conversation with Postgres, of which the product knows nothing. `KOSH_FAULT_AT` is a JSON list of points, one of which is
 * drawn: what the statement begins with, and whether it was just sent or just answered. `KOSH_FAULT_AFTER` is the most
 * such statements that pass before.
 */
import pg from 'pg';

type Point = Readonly<{ statement: string; when: 'before' | 'sent' | 'answered' }>;

const points = JSON.parse(process.env['KOSH_FAULT_AT'] ?? '[]') as readonly Point[];
const passMax = Number(process.env['KOSH_FAULT_AFTER'] ?? 0);
const point = points[Math.floor(Math.random() * points.length)];
let left = Math.floor(Math.random() * (passMax + 1));

const die = () => process.kill(process.pid, 'SIGKILL');

if (point) {
  // The one method through which pg sends, whatever it was called with.
  const prototype = pg.Client.prototype as unknown as {
    query: (...args: unknown[]) => unknown;
  };
  const query = prototype.query;
  prototype.query = function (this: unknown, ...args: unknown[]) {
    const [first] = args;
    const text = typeof first === 'string' ? first : ((first as { text?: string } | null)?.text ?? '');
    if (!text.trimStart().startsWith(point.statement)) return query.apply(this, args);
    left -= 1;
    if (left >= 0) return query.apply(this, args);
    if (point.when === 'before') die();
    const result = query.apply(this, args);
    // What was written to the socket in this turn of the event loop has left by the next.
    if (point.when === 'sent') setImmediate(die);
    else if (result instanceof Promise) void result.finally(die);
    return result;
  };
}
