import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type Binaries, openFolder } from './postgres-binaries.js';
import type { RunAs } from './server.js';

/** The superuser of every database server that we start. */
export const SUPERUSER = 'postgres';

/** All that a program of Postgres may see of our environment: no `PG…` variable of the caller. */
export const ENVIRONMENT = { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC' };

const INITDB_TIMEOUT_MS = 60_000;

/**
 * Whom Postgres, which refuses root, runs as when we are root: who owns the data, else `postgres`, else
 * `kosh`, made here. Undefined when we are not root: as we do.
 */
export function userFor(dataDir: string): RunAs | undefined {
  const owner = fs.statSync(dataDir, { throwIfNoEntry: false });
  const me = process.getuid?.();
  if (me === 0) return owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : serviceUser();
  if (owner && me !== undefined && owner.uid !== me) {
    throw new Error(
      `${dataDir} belongs to another user. Start as that user, or set KOSH_DATA_DIR to another folder.`,
    );
  }
  return undefined;
}

function serviceUser(): RunAs {
  const existing = account('postgres') ?? account('kosh');
  if (existing) return existing;
  const { stderr } = spawnSync('useradd', ['--system', '--shell', '/usr/sbin/nologin', 'kosh'], {
    encoding: 'utf8',
  });
  const made = account('kosh');
  if (made) return made;
  throw new Error(
    `Postgres does not run as root, and the user kosh could not be made. Start as another user. ${stderr}`,
  );
}

function account(name: string): RunAs | undefined {
  const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout);
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
}

/**
 * The folder of a cluster (`cluster/`) and its password (`secret`), made at the first start. Where
 * `runAs` cannot enter the parent of `dataDir` it is made in `openFolder()`, and `dataDir` is a link to
 * it.
 */
export function homeOf(dataDir: string, binaries: Binaries, runAs: RunAs | undefined): string {
  const wanted = fs.existsSync(dataDir) ? fs.realpathSync(dataDir) : resolve(dataDir);
  if (fs.existsSync(join(wanted, 'cluster'))) return ofSameMajor(wanted, binaries);
  fs.mkdirSync(dirname(wanted), { recursive: true });
  const parent = fs.realpathSync(dirname(wanted));
  const home = join(parent, basename(wanted));
  if (runAs === undefined || canEnter(parent, runAs)) return initialise(home, binaries, runAs);

  const before = fs.lstatSync(home, { throwIfNoEntry: false });
  if (before?.isSymbolicLink()) fs.unlinkSync(home);
  else if (before) fs.rmdirSync(home); // Throws if there is something in it.
  const elsewhere = initialise(fs.mkdtempSync(join(openFolder(), 'data-')), binaries, runAs);
  fs.symlinkSync(elsewhere, home);
  return elsewhere;
}

function ofSameMajor(home: string, { version, major }: Binaries): string {
  const made = fs.readFileSync(join(home, 'cluster/PG_VERSION'), 'utf8').trim();
  if (made === String(major)) return home;
  throw new Error(
    `The data in ${home} were made by Postgres ${made}, and this is ${version}. ` +
      'Start that one, or name another folder.',
  );
}

function canEnter(folder: string, runAs: RunAs): boolean {
  return spawnSync('test', ['-x', folder], { ...runAs, cwd: '/' }).status === 0;
}

/** Made beside its place and renamed, so that what is in place is whole. */
function initialise(home: string, { bin, major }: Binaries, runAs: RunAs | undefined): string {
  const draft = fs.mkdtempSync(`${home}.`);
  const secret = join(draft, 'secret');
  fs.writeFileSync(secret, randomBytes(24).toString('base64url'), { mode: 0o600 });
  if (runAs) for (const path of [draft, secret]) fs.chownSync(path, runAs.uid, runAs.gid);
  const args = [
    `--pgdata=${join(draft, 'cluster')}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${secret}`,
    '--auth=scram-sha-256',
    '--data-checksums',
    '--encoding=UTF8',
    ...(major < 17
      ? ['--locale=C.UTF-8']
      : ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']),
  ];
  const options = {
    ...runAs,
    env: ENVIRONMENT,
    cwd: '/',
    timeout: INITDB_TIMEOUT_MS,
    encoding: 'utf8',
  } as const;
  const { status, stdout, stderr, error } = spawnSync(join(bin, 'initdb'), args, options);
  try {
    if (status !== 0) throw new Error(`initdb failed in ${home}.\n${stdout}\n${stderr}`, { cause: error });
    fs.renameSync(draft, home); // Fails if there is something in `home`.
  } catch (cause) {
    fs.rmSync(draft, { recursive: true, force: true });
    if (!fs.existsSync(join(home, 'cluster'))) throw cause; // Else another start was faster: fine.
  }
  return home;
}
