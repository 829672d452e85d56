import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';

export type Readiness = Readonly<{ ready: boolean; body: object }>;

export type Health = Readonly<{
  ready: () => Promise<Readiness> | Readiness;
  /** Brings the figures up to date before they are printed. */
  metrics: () => Promise<Registry> | Registry;
}>;

/** `/livez`, `/readyz` and `/metrics`, for whoever operates a process that has no other address. */
export function healthServer(health: Health): Server {
  return createServer((request, response) => {
    answer(request.url ?? '', response, health).catch((error: unknown) => {
      json(response, 503, {
        status: 'unavailable',
        detail: error instanceof Error ? error.message : String(error),
      });
    });
  });
}

/** Answers the address, such as `http://127.0.0.1:9100`. */
export async function listen(server: Server, host: string, port: number): Promise<string> {
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('There is no port to listen on.');
  return `http://${host}:${address.port}`;
}

async function answer(path: string, response: ServerResponse, health: Health): Promise<void> {
  switch (path) {
    case '/livez':
      return json(response, 200, { status: 'ok' });
    case '/readyz': {
      const readiness = await health.ready();
      return json(response, readiness.ready ? 200 : 503, readiness.body);
    }
    case '/metrics': {
      const registry = await health.metrics();
      const text = await registry.metrics();
      response.writeHead(200, { 'Content-Type': registry.contentType }).end(text);
      return undefined;
    }
    default:
      return json(response, 404, { status: 'not-found' });
  }
}

function json(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
    .end(`${JSON.stringify(body)}\n`);
}
