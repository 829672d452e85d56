import { keyOf } from './log.js';
import {
  type Answer,
  type Asked,
  type Cursor,
  databaseError,
  Postgres,
  type Question,
  type Schema,
  type Statement,
} from './postgres.js';
import { Violation, type World } from './world.js';

const NONE: Answer = { rows: [], rowCount: 0 };

/** Every statement that Kosh sends while it runs, each known by how it begins, or by what it alone has. */
const STATEMENTS: readonly (readonly [RegExp, Statement])[] = [
  [/^select \* from log\.append\(/, 'append'],
  [/ from log\.events where position > \$1 order by position limit \$2$/, page],
  [/ from log\.events where stream = (any\()?\$1\)? and position <= \$2 order by /, streams],
  [/ from log\.events order by position desc limit 1$/, head],
  [/^select fingerprint, first_position, last_position, version from log\.keys /, key],
  [/^copy \(select position, .* from log\.events where position > \d+ and position <= \d+ /, copyOut],
  [/ from log\.identity i cross join log\.epochs e /, () => one({ id: 'the-log', epoch: '1', shared: null })],
  [/ from reading\.parked where \$1::text is null or name = \$1 /, () => NONE],
  [/^begin\b/, begin],
  [/^commit$/, commit],
  [/^rollback$/, rollback],
  [/^set tcp_keepalives|^listen kosh_log/, session],
  [/^notify kosh_log$/, notify],
  [/^select pg_try_advisory_lock\(/, lock],
  [/^insert into road\.relay /, takeRelay],
  [
    /^update road\.relay set position = \$1 where name = \$2( and epoch = \$3 and position = \$4)?$/,
    moveRelay,
  ],
  [/^insert into reading\.cursors as mine /, takeCursor],
  [/^update reading\.cursors set position = \$4, recorded_at = \$5/, moveCursor],
  [/^update reading\.cursors set position = 0, recorded_at = null where name = \$1$/, resetCursor],
  [/^select obj_description\(oid, 'pg_namespace'\)/, shape],
  [/^create schema (\w+) authorization /, createSchema],
  [/^comment on schema (\w+) is '(\w+)'$/, commentOnSchema],
  [/^create table (\w+)\.(\w+) \((.*)\)$/, createTable],
  [/^alter table (\w+)\.(\w+) add primary key \((.*)\)$/, addKey],
  [/^(grant|create index|set local|analyze) /, () => NONE],
  [/^insert into read_\w+\.\w+ \(/, insert],
];

const known = new Map<string, Statement>();

export function openPostgres(world: World): Postgres {
  return new Postgres(world, statementOf);
}

/** Throws on a statement that the model has not learned. */
function statementOf(text: string): Statement {
  let statement = known.get(text);
  if (statement === undefined) {
    const line = text.trim().replaceAll(/\s+/g, ' ');
    statement = STATEMENTS.find(([shape]) => shape.test(line))?.[1];
    if (!statement) throw new Error(`The simulated Postgres does not know the statement: ${line}`);
    known.set(text, statement);
  }
  return statement;
}

function one(row: object): Answer {
  return { rows: [row], rowCount: 1 };
}

function all(rows: readonly unknown[]): Answer {
  return { rows, rowCount: rows.length };
}

function page({ log }: Postgres, _: Asked, { values: [after, limit] }: Question): Answer {
  const from = Number(after);
  return all(log.slice(from, from + Number(limit)).map(({ fields }) => fields));
}

/** Of the columns that everyone may read; the answer's one row is the text. */
function copyOut({ log }: Postgres, _: Asked, { text }: Question): Answer {
  const [, after, upTo] = / position > (\d+) and position <= (\d+) /.exec(text) ?? [];
  const lines = log.slice(Number(after), Number(upTo)).map(({ fields }) => {
    const columns = fields.slice(0, 8).map((value) => value?.replaceAll('\\', '\\\\') ?? '\\N');
    return `${columns.join('\t')}\n`;
  });
  return one([lines.join('')]);
}

function streams({ log }: Postgres, _: Asked, { values: [named, upTo] }: Question): Answer {
  const names = new Set([named].flat());
  const rows = log.filter(({ stream, position }) => names.has(stream) && position <= Number(upTo));
  return all(rows.map(({ fields }) => fields));
}

function head({ log }: Postgres): Answer {
  return all(log.slice(-1).map(({ fields }) => fields));
}

function key({ keys }: Postgres, _: Asked, { values }: Question): Answer {
  const found = keys.get(keyOf(values[0], values[1]));
  if (!found) return NONE;
  const { fingerprint, first, last, version } = found;
  return all([[fingerprint, String(first), String(last), version]]);
}

function begin(server: Postgres, { session }: Asked): Answer {
  server.begin(session);
  return NONE;
}

function commit(server: Postgres, { session }: Asked): Answer {
  server.commit(session);
  return NONE;
}

function rollback(server: Postgres, { session }: Asked): Answer {
  server.rollback(session);
  return NONE;
}

function session(_: Postgres, asked: Asked, { text }: Question): Answer {
  if (text.includes('set tcp_keepalives')) asked.session.keepalive = true;
  if (text.includes('listen kosh_log')) asked.session.listening = true;
  return NONE;
}

function notify(server: Postgres): Answer {
  server.notify();
  return NONE;
}

function lock({ locks }: Postgres, asked: Asked, { text, values }: Question): Answer {
  const [, prefix, alias = ''] = /hashtextextended\('([^']*)' \|\| \$1, 0\)\) as (\w+)$/.exec(text) ?? [];
  const name = `${prefix}${String(values[0])}`;
  const holder = locks.get(name) ?? asked.session;
  locks.set(name, holder);
  return one({ [alias]: holder === asked.session });
}

/** The cursor as this session sees it, once it may change it; undefined while it must wait. */
function own(
  server: Postgres,
  asked: Asked,
  of: 'relays' | 'cursors',
  name: string,
): { cursor: Cursor | undefined } | undefined {
  if (!server.lockRow(asked, `${of}/${name}`)) return undefined;
  return { cursor: asked.session.transaction?.[of].get(name) ?? server[of].get(name) };
}

function take(server: Postgres, asked: Asked, of: 'relays' | 'cursors', name: string): Answer | undefined {
  const found = own(server, asked, of, name);
  if (!found) return undefined;
  const { position, epoch, recordedAt } = found.cursor ?? { position: 0, epoch: 0, recordedAt: null };
  asked.session.transaction?.[of].set(name, { position, epoch: epoch + 1, recordedAt });
  return one({ position: String(position), epoch: epoch + 1 });
}

function takeRelay(server: Postgres, asked: Asked, { values: [name] }: Question): Answer | undefined {
  return take(server, asked, 'relays', String(name));
}

function takeCursor(server: Postgres, asked: Asked, { values: [name] }: Question): Answer | undefined {
  return take(server, asked, 'cursors', String(name));
}

function move(
  server: Postgres,
  asked: Asked,
  of: 'relays' | 'cursors',
  name: string,
  isRight: (cursor: Cursor) => boolean,
  to: Readonly<{ position: number; recordedAt: string | null }>,
): Answer | undefined {
  // A row that does not fit the condition is not waited for.
  const seen = asked.session.transaction?.[of].get(name) ?? server[of].get(name);
  if (!seen || !isRight(seen)) return NONE;
  const found = own(server, asked, of, name);
  if (!found) return undefined;
  const { cursor } = found;
  if (!cursor || !isRight(cursor)) return NONE;
  asked.session.transaction?.[of].set(name, { ...to, epoch: cursor.epoch });
  return { rows: [], rowCount: 1 };
}

function moveRelay(server: Postgres, asked: Asked, { text, values }: Question): Answer | undefined {
  const [to, name, epoch, from] = values;
  const guarded = text.includes('epoch = $3');
  const isRight = (cursor: Cursor) => !guarded || (cursor.epoch === epoch && cursor.position === from);
  return move(server, asked, 'relays', String(name), isRight, { position: Number(to), recordedAt: null });
}

function moveCursor(server: Postgres, asked: Asked, { text, values }: Question): Answer | undefined {
  const [name, from, epoch, to, recordedAt] = values;
  const guarded = text.includes('epoch = $3');
  const isRight = (cursor: Cursor) => !guarded || (cursor.epoch === epoch && cursor.position === from);
  const moved = { position: Number(to), recordedAt: String(recordedAt) };
  return move(server, asked, 'cursors', String(name), isRight, moved);
}

function resetCursor(server: Postgres, asked: Asked, { values: [name] }: Question): Answer | undefined {
  const from0 = { position: 0, recordedAt: null };
  return move(server, asked, 'cursors', String(name), () => true, from0);
}

function schemaOf(server: Postgres, { session }: Asked, name: string): Schema {
  const schema = session.transaction?.schemas.get(name) ?? server.schemas.get(name);
  if (!schema) throw databaseError('3F000', `schema "${name}" does not exist`);
  return schema;
}

function shape(server: Postgres, { session }: Asked, { values: [name] }: Question): Answer {
  const found = session.transaction?.schemas.get(String(name)) ?? server.schemas.get(String(name));
  return found ? one({ shape: found.shape }) : NONE;
}

function createSchema(server: Postgres, { session }: Asked, { text }: Question): Answer {
  const name = /^create schema (\w+)/.exec(text)?.[1] ?? '';
  if (server.schemas.has(name)) throw databaseError('42P06', `schema "${name}" already exists`);
  session.transaction?.schemas.set(name, { shape: null, tables: new Map() });
  return NONE;
}

function commentOnSchema(server: Postgres, asked: Asked, { text }: Question): Answer {
  const [, name = '', comment = ''] = /^comment on schema (\w+) is '(\w+)'$/.exec(text) ?? [];
  schemaOf(server, asked, name).shape = comment;
  return NONE;
}

function createTable(server: Postgres, asked: Asked, { text }: Question): Answer {
  const [, schema = '', table = '', columns = ''] = /^create table (\w+)\.(\w+) \((.*)\)$/.exec(text) ?? [];
  const names = columns.split(', ').map((column) => column.split(' ')[0] ?? '');
  schemaOf(server, asked, schema).tables.set(table, {
    of: schema.slice('read_'.length),
    columns: names,
    key: [],
    rows: new Map(),
  });
  return NONE;
}

function addKey(server: Postgres, asked: Asked, { text }: Question): Answer {
  const [, schema = '', name = '', columns = ''] =
    /^alter table (\w+)\.(\w+) add primary key \((.*)\)$/.exec(text) ?? [];
  const { tables } = schemaOf(server, asked, schema);
  const table = tables.get(name);
  if (table) tables.set(name, { ...table, key: columns.split(', ') });
  return NONE;
}

function insert(server: Postgres, asked: Asked, { text, values }: Question): Answer {
  const [, schema = '', name = '', list = ''] = /^insert into (\w+)\.(\w+) \(([^)]*)\)/.exec(text) ?? [];
  const table = schemaOf(server, asked, schema).tables.get(name);
  const { transaction } = asked.session;
  if (!table || !transaction) throw databaseError('42P01', `relation "${schema}.${name}" does not exist`);
  const columns = list.split(', ');
  const keyed = table.key.map((column) => columns.indexOf(column));
  const arrays = values as readonly (readonly unknown[])[];
  const count = arrays[0]?.length ?? 0;
  for (let i = 0; i < count; i += 1) {
    const row = arrays.map((column) => column[i]);
    const id = keyed.map((at) => String(row[at])).join('\t');
    const isThere =
      table.rows.has(id) || transaction.inserts.some((other) => other.table === table && other.key === id);
    if (isThere && text.includes('do nothing')) continue;
    if (isThere && !text.includes('do update')) {
      const detail = `duplicate key value violates unique constraint of ${schema}.${name}: ${id}`;
      // Kosh would park the file, as if it could not be folded.
      server.world.report(new Violation('projection', detail));
      throw databaseError('23505', detail);
    }
    transaction.inserts.push({ table, key: id, row });
  }
  return { rows: [], rowCount: count };
}
