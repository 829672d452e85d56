import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt, importJWK, jwtVerify } from 'jose';
import { connect } from '#event-store';
import { localTokens } from '#vault';
import { emptyDatabase } from '../../../test/support/database.js';
import { type SmallAgency, smallAgency } from '../../../test/support/small-agency.js';

const MAIN = new URL('../../../dist/apps/kosh/src/main.js', import.meta.url).pathname;

let agency: SmallAgency;
let folder: string;

beforeAll(async () => {
  agency = await smallAgency();
  folder = await mkdtemp(join(tmpdir(), 'kosh-cli-'));
});

afterAll(async () => {
  await agency.drop();
  await rm(folder, { recursive: true, force: true });
});

describe('kosh verify', () => {
  it('says that the log is whole', async () => {
    const { code, out } = await kosh(['verify']);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^The log is whole: \d+ events, the last with hash [0-9a-f]{64}/),
    ]);
  });

  it('gives the same as JSON, and nothing else on stdout', async () => {
    const { code, out } = await kosh(['verify', '--json']);
    expect([code, JSON.parse(out)]).toMatchObject([0, { ok: true, events: agency.events, readModels: [] }]);
  });

  it('names the first bad position, and exits with 1', async () => {
    const other = await smallAgency();
    const owner = connect(other.url, 'kosh_owner');
    await owner.query(`update log.events set body = '{}' where position = 3`);
    const { code, out } = await kosh(['verify'], { DATABASE_URL: other.url });
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(/NOT whole. The first bad position is 3 \(hash\)/),
    ]);
    await owner.end();
    await other.drop();
  });
});

describe('kosh rebuild', () => {
  it('makes every read model, which verify then finds right', async () => {
    const rebuilt = await kosh(['rebuild']);
    expect([rebuilt.code, rebuilt.out]).toEqual([
      0,
      expect.stringMatching(/^population: \d+ events in [\d.]+ s/),
    ]);
    const { code, out } = await kosh(['verify', '--json']);
    const ok = { ok: true, position: agency.events };
    expect([code, JSON.parse(out)]).toMatchObject([0, { ok: true, readModels: [ok, ok, ok, ok] }]);
  });

  it('makes only the one that is named', async () => {
    expect((await kosh(['rebuild', 'flights'])).out).toMatch(/^flights: [^\n]*\n$/);
  });

  it('knows no others', async () => {
    expect(await kosh(['rebuild', 'people'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('flights'),
    });
  });
});

describe('kosh replay', () => {
  it('prints the reports as they were', async () => {
    const { code, out } = await kosh(['replay', '--known-at', '3', '--valid-on', '1997-12-31']);
    expect(code).toBe(0);
    expect(out).toContain('As known at position 3');
    expect(out).toContain('People present on 1997-12-31: 2');
    expect(out).toMatch(/│ AFG +│ +0 │ +0 │ +1 │ +1 │/);
    expect(out).not.toContain('Tajiks');
    expect((await kosh(['replay', '--valid-on', '1998-07-01'])).out).toMatch(/some 1,000 Tajiks/);
  });

  it('gives them as JSON', async () => {
    const { out } = await kosh(['replay', '--valid-on', '1998-07-01', '--json']);
    expect(JSON.parse(out)).toMatchObject({ validOn: '1998-07-01', population: { total: 3 } });
  });

  it.each([
    ['--known-at', 'yesterday'],
    ['--known-at', '1000000'],
    ['--valid-on', '1998-02-30'],
    ['--valid-on', '2999-01-01'],
  ])('refuses %s %s as asked wrongly', async (option, value) => {
    expect(await kosh(['replay', option, value])).toMatchObject({ code: 2, out: '' });
  });
});

describe('of a log that was altered', () => {
  let altered: Awaited<ReturnType<typeof smallAgency>>;
  const alter = async (sql: string) => {
    const owner = connect(altered.url, 'kosh_owner');
    await owner.query(sql);
    await owner.end();
  };
  const asked = (...args: string[]) => kosh(args, { DATABASE_URL: altered.url });

  beforeAll(async () => {
    altered = await smallAgency();
    await alter(`update log.events set body = replace(body, 'TJK', 'UZB') where position = 1`);
  });
  afterAll(() => altered.drop());

  it('kosh replay prints nothing, and names the first bad position', async () => {
    expect(await asked('replay')).toEqual({
      code: 1,
      out: '',
      err: expect.stringMatching(/NOT whole: the first bad position is 1 \(hash\).*--unchecked/),
    });
    const { code, out } = await asked('replay', '--json');
    expect([code, JSON.parse(out)]).toMatchObject([1, { error: { code: 'log-not-whole' } }]);
  });

  it('kosh replay --unchecked prints it all the same, and says so', async () => {
    const { code, out } = await asked('replay', '--unchecked', '--valid-on', '1998-07-01');
    expect([code, out]).toEqual([0, expect.stringMatching(/^UNCHECKED: [^]*│ UZB/)]);
    const json = (await asked('replay', '--unchecked', '--json')).out;
    expect(JSON.parse(json)).toMatchObject({ checked: false });
  });

  it.each([['rebuild'], ['replay', '--unchecked']])(
    'kosh %s names the event that cannot be read, and what judges the log',
    async (...args) => {
      await alter(`update log.events set body = '{' || body where position = 3`);
      expect(await asked(...args)).toMatchObject({
        code: 3,
        err: expect.stringMatching(/Event 3 \(MigrantRelocated, case-[\w-]+\/2\) .*`kosh verify` judges/),
      });
    },
  );
});

describe('kosh token', () => {
  it('issues what the same data folder verifies', async () => {
    const asked = [
      'token',
      '--role',
      'caseworker',
      'analyst',
      '--office',
      'Almaty',
      '--actor',
      'aigul',
      '--ttl',
      '90s',
    ];
    const { code, out } = await kosh(asked);
    expect(code).toBe(0);
    const { publicJwk } = await localTokens(folder);
    const { payload } = await jwtVerify(out.trim(), await importJWK(publicJwk));
    expect(payload).toMatchObject({ sub: 'aigul', office: 'Almaty', roles: ['caseworker', 'analyst'] });
  });

  it('gives eight hours unless told', async () => {
    const { exp = 0, iat = 0 } = decodeJwt(
      (await kosh(['token', '--role', 'auditor', '--office', 'Astana'])).out,
    );
    expect(exp - iat).toBe(8 * 3_600);
  });

  it.each([
    [['--office', 'Almaty']],
    [['--role', 'boss', '--office', 'Almaty']],
    [['--role', 'analyst']],
    [['--role', 'analyst', '--office', 'Almaty', '--ttl', '31d']],
    [['--role', 'analyst', '--office', '']],
    [['--role', 'analyst', '--office', 'Almaty', '--actor', '']],
  ])('is asked wrongly with %j', async (options) => {
    expect(await kosh(['token', ...options])).toMatchObject({ code: 2, out: '' });
  });

  it('makes no key where no Kosh has been', async () => {
    const asked = ['token', '--role', 'analyst', '--office', 'Almaty'];
    const nowhere = join(folder, 'nowhere');
    expect(await kosh(asked, { KOSH_DATA_DIR: nowhere })).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringMatching(/There is no Kosh here: no folder \S+nowhere\. Start one .*npm start/),
    });
    expect(await readdir(folder)).not.toContain('nowhere');
  });

  it('leaves it to the issuer where there is one', async () => {
    const asked = ['token', '--role', 'analyst', '--office', 'Almaty'];
    const refused = await kosh(asked, { OIDC_ISSUER: 'https://id.example.org' });
    expect(refused).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('https://id.example.org'),
    });
  });
});

describe('kosh migrate', () => {
  it('brings an empty database to this version, once', async () => {
    const { url, drop } = await emptyDatabase();
    const env = { DATABASE_URL: url };
    expect(await kosh(['verify'], env)).toMatchObject({
      code: 3,
      err: expect.stringContaining('run `kosh migrate`'),
    });
    expect(await kosh(['migrate'], env)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^applied 0001_/),
    });
    expect(await kosh(['migrate'], env)).toMatchObject({ code: 0, out: 'nothing to apply\n' });
    expect(await kosh(['verify'], env)).toMatchObject({ code: 0 });
    await drop();
  });
});

describe('without an answer', () => {
  it('kosh exits with 3 and says what it could not reach, without the password', async () => {
    const env = { DATABASE_URL: 'postgres://kosh:hush@127.0.0.1:1/kosh' };
    const { code, err } = await kosh(['verify'], env);
    expect([code, err]).toEqual([3, expect.stringMatching(/127\.0\.0\.1:1\/kosh: .*ECONNREFUSED/)]);
    expect(err).not.toContain('hush');
  });

  it('kosh asks which database, when none is named and none runs here', async () => {
    const stopped = await mkdtemp(join(folder, 'stopped-'));
    await writeFile(join(stopped, 'database-url'), 'postgres://kosh:hush@127.0.0.1:1/kosh', { mode: 0o600 });
    const away = await kosh(['verify'], { DATABASE_URL: '', KOSH_DATA_DIR: stopped });
    expect(away).toMatchObject({ code: 3, err: expect.stringContaining('Start Kosh (npm start)') });

    const { code, err } = await kosh(['verify'], { DATABASE_URL: '', KOSH_DATA_DIR: '/nowhere' });
    expect([code, err]).toEqual([3, expect.stringMatching(/Set DATABASE_URL, or start Kosh in this folder/)]);
  });

  it('kosh finds the database of the Kosh that runs here', async () => {
    await writeFile(join(folder, 'database-url'), agency.url, { mode: 0o600 });
    expect(await kosh(['verify'], { DATABASE_URL: '' })).toMatchObject({ code: 0 });
  });
});

describe('with --json', () => {
  const errorOf = (out: string) => (JSON.parse(out) as { error: object }).error;

  it('rebuild lists what it made anew', async () => {
    const { code, out } = await kosh(['rebuild', 'flights', '--json']);
    const rebuilt = [{ name: 'flights', events: agency.events, seconds: expect.any(Number) }];
    expect([code, JSON.parse(out)]).toEqual([0, { rebuilt }]);
  });

  it('migrate lists what it applied, and which logins it made', async () => {
    const { url, drop } = await emptyDatabase();
    const first = await kosh(['migrate', '--json'], { DATABASE_URL: url });
    const applied: unknown = expect.arrayContaining([expect.stringMatching(/^0001_/)]);
    expect([first.code, JSON.parse(first.out)]).toEqual([0, { applied, logins: [] }]);
    const again = await kosh(['migrate', '--json'], { DATABASE_URL: url });
    expect(JSON.parse(again.out)).toEqual({ applied: [], logins: [] });
    await drop();
  });

  it('token says whose it is and how long it is good', async () => {
    const { out } = await kosh([
      'token',
      '--role',
      'analyst',
      '--office',
      'Almaty',
      '--ttl',
      '90s',
      '--json',
    ]);
    expect(JSON.parse(out)).toMatchObject({ office: 'Almaty', roles: ['analyst'], seconds: 90 });
    expect(decodeJwt((JSON.parse(out) as { token: string }).token)).toMatchObject({ office: 'Almaty' });
  });

  it.each([
    ['verify', { DATABASE_URL: 'postgres://kosh:hush@127.0.0.1:1/kosh' }, 'no-database', 3],
    ['rebuild', { DATABASE_URL: '', KOSH_DATA_DIR: '/nowhere' }, 'no-database', 3],
    ['migrate', { DATABASE_URL: 'postgres://kosh:hush@127.0.0.1:1/kosh' }, 'no-database', 3],
    ['migrate', { DATABASE_URL: 'banana' }, 'settings-wrong', 2],
    ['verify', { DATABASE_URL: 'banana' }, 'settings-wrong', 2],
    ['rebuild', { DATABASE_URL: 'http://localhost/kosh' }, 'settings-wrong', 2],
    ['replay', { DATABASE_URL: 'banana' }, 'settings-wrong', 2],
    ['replay', { KOSH_TIME_ZONE: 'Mars' }, 'settings-wrong', 2],
    ['replay --valid-on 2999-01-01', {}, 'asked-wrongly', 2],
    ['rebuild censuses', {}, 'asked-wrongly', 2],
    ['token --role boss', {}, 'asked-wrongly', 2],
    ['replay --known-at yesterday', {}, 'not-a-moment', 2],
    ['replay --known-at 1000000', {}, 'known-at-not-settled', 2],
    ['verfy', {}, 'asked-wrongly', 2],
    ['help verfy', {}, 'asked-wrongly', 2],
  ] as const)('%s %j gives the error %s and exits with %d', async (args, env, code, exitCode) => {
    const answer = await kosh([...args.split(' '), '--json'], env);
    expect([answer.code, errorOf(answer.out)]).toEqual([
      exitCode,
      { code, message: expect.stringMatching(/\w/) },
    ]);
    expect(answer.out).not.toContain('hush');
    expect(answer.err).toMatch(/\w/);
  });
});

describe('kosh parked', () => {
  beforeAll(async () => {
    await kosh(['rebuild', 'cases']);
    const projector = connect(agency.url, 'kosh_projector', { max: 1 });
    await projector.query(
      `insert into reading.parked (name, stream, version, position, reason)
       select 'cases', stream, version, position, 'A reason.' from log.events
       where stream like 'case-%' order by position desc limit 1`,
    );
    await projector.end();
  });

  it('lists what is put aside, which verify names too, and both exit with 1', async () => {
    const { code, out } = await kosh(['parked', '--json']);
    const { parked } = JSON.parse(out) as { parked: readonly { stream: string }[] };
    expect([code, parked]).toEqual([
      1,
      [expect.objectContaining({ name: 'cases', events: 1, reason: 'A reason.' })],
    ]);
    const verified = await kosh(['verify']);
    expect([verified.code, verified.out]).toEqual([
      1,
      expect.stringContaining(`cases has put aside ${parked[0]?.stream}`),
    ]);
    expect((await kosh(['parked'])).out).toContain('npx kosh parked release --all');
  });

  it('releases it, and then there is nothing to list', async () => {
    expect(await kosh(['parked', 'release'])).toMatchObject({ code: 2 });
    const { code, out } = await kosh(['parked', 'release', 'cases']);
    expect([code, out]).toEqual([0, expect.stringMatching(/^cases: case-[0-9a-f-]+ flows again\n$/)]);
    expect(await kosh(['parked'])).toMatchObject({ code: 0, out: 'Nothing is put aside.\n' });
    expect(await kosh(['verify'])).toMatchObject({ code: 0 });
    expect(JSON.parse((await kosh(['parked', 'release', '--all', '--json'])).out)).toEqual({ released: [] });
  });
});

it('kosh says what it can do, and what its exit codes mean', async () => {
  const { code, out } = await kosh(['--help']);
  expect(code).toBe(0);
  for (const verb of ['migrate', 'token', 'verify', 'dump', 'replay', 'rebuild', 'parked', 'Exits with 0'])
    expect(out).toContain(verb);
  expect(await kosh(['help', 'replay'])).toMatchObject({
    code: 0,
    out: expect.stringContaining('--known-at'),
  });
  expect(await kosh(['--version'])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
  expect(await kosh(['verfy'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('Did you mean verify?'),
  });
});

async function kosh(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env.PATH, DATABASE_URL: agency.url, KOSH_DATA_DIR: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: child.exitCode, out, err };
}
