import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Metrics } from './metrics.js';

/** `/livez`, `/readyz` and `/metrics`, for whoever operates this process. */
export function healthServer(metrics: Metrics): Server {
  return createServer((request, response) => {
    answer(request.url ?? '', response, metrics).catch((error: unknown) => {
      json(response, 503, { status: 'failed', detail: String(error) });
    });
  });
}

async function answer(path: string, response: ServerResponse, metrics: Metrics): Promise<void> {
  switch (path) {
    case '/livez':
      json(response, 200, { status: 'ok' });
      break;
    case '/readyz':
      json(response, 200, await metrics.readiness());
      break;
    case '/metrics':
      response.writeHead(200, { 'Content-Type': metrics.registry.contentType }).end(await metrics.text());
      break;
    default:
      json(response, 404, { status: 'not-found' });
  }
}

function json(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
    .end(`${JSON.stringify(body)}\n`);
}
