import { existsSync, readFileSync } from 'node:fs';
import { Gauge, type Registry } from 'prom-client';

/** Says in the metrics which version of Kosh, on which Node, a process runs. */
export function tellBuild(registry: Registry): void {
  const gauge = new Gauge({
    name: 'kosh_build_info',
    help: '1; the version of Kosh and of Node that this process runs.',
    labelNames: ['version', 'node'],
    registers: [registry],
  });
  gauge.set({ version: koshVersion(), node: process.version }, 1);
}

/** Such as `0.1.0`. */
export function koshVersion(): string {
  return versionAbove(new URL('.', import.meta.url));
}

/** From the next `package.json` on the way up: sources and build lie at different depths. */
function versionAbove(folder: URL): string {
  const file = new URL('package.json', folder);
  if (!existsSync(file)) return versionAbove(new URL('..', folder));
  const found: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return typeof found === 'object' && found !== null && 'version' in found ? String(found.version) : 'none';
}
