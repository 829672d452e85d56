import { createServer, type Server, type ServerResponse } from 'node:http';
import type pg from 'pg';
import { Metrics } from './metrics.js';
import type { Reader } from './reader.js';

/** `/livez`, `/readyz` and `/metrics`, for whoever operates this process. */
export function healthServer(pool: pg.Pool, readers: readonly Reader[]): Server {
  const metrics = new Metrics(pool, readers);

  async function answer(path: string, response: ServerResponse): Promise<void> {
    switch (path) {
      case '/livez':
        return json(response, 200, { status: 'ok' });
      case '/readyz': {
        const troubles = readers.flatMap(({ name, trouble }) =>
          trouble === undefined ? [] : [{ name, trouble }],
        );
        return json(response, troubles.length > 0 ? 503 : 200, {
          status: troubles.length > 0 ? 'unavailable' : 'ok',
          readers: readers.map(({ name }) => name),
          troubles,
        });
      }
      case '/metrics':
        response.writeHead(200, { 'Content-Type': metrics.registry.contentType }).end(await metrics.text());
        return undefined;
      default:
        return json(response, 404, { status: 'not-found' });
    }
  }

  return createServer((request, response) => {
    answer(request.url ?? '', response).catch((error: unknown) => {
      json(response, 503, {
        status: 'unavailable',
        detail: error instanceof Error ? error.message : String(error),
      });
    });
  });
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
