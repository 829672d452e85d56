import { existsSync } from 'node:fs';

/** Jest's `globalSetup`. The servers are started by the build, which `npm test` makes first. */
export default async function setup() {
  const servers = new URL('../../dist/test/support/servers.js', import.meta.url);
  if (!existsSync(servers))
    throw new Error('The specs run on servers that the build starts: npm run build, then repeat.');
  const { startServers } = await import(servers.href);
  globalThis.stopTestServers = await startServers();
}
