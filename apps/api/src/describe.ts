import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { asyncApi } from '#kafka';
import { ProblemAnswer, problemExamples } from './answers/problems.js';
import type { Settings } from './settings.js';

const ASYNC_API = '/docs/asyncapi.json';

/**
 * The description of the API, a page at `/docs` and OpenAPI 3.1 at `/docs-json`, and beside it that of the
 * events on Kafka.
 */
export function describeApi(app: NestFastifyApplication, { kafka, checkpointTopic, mode }: Settings): void {
  SwaggerModule.setup('docs', app, () => documentOf(app, mode));
  app
    .getHttpAdapter()
    .getInstance()
    .get(ASYNC_API, () => asyncApi(kafka, checkpointTopic));
}

function documentOf(app: NestFastifyApplication, mode: Settings['mode']): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Kosh')
    .setDescription(
      'Case tracking for a migration agency. Every write needs an Idempotency-Key and answers a receipt; ' +
        'every report can be asked as of a date (validOn) and as known at a position or moment (knownAt).' +
        `\n\n${TOKENS[mode]} This description for programs: [/docs-json](/docs-json).`,
    )
    .setVersion('1')
    .setExternalDoc('The events on Kafka, in AsyncAPI', ASYNC_API)
    .addBearerAuth()
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    extraModels: [ProblemAnswer],
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}.${method}`,
  });
  const paths = Object.fromEntries(
    Object.entries(document.paths).map(([path, item]) => [path, inPlainWords(path, item)]),
  );
  return { ...document, paths, components: { ...document.components, examples: problemExamples() } };
}

const TOKENS: Readonly<Record<Settings['mode'], string>> = {
  local:
    'Every route under /v1 needs a bearer token: `npx kosh token --role registrar --office Almaty` ' +
    'prints one here; send it as `Authorization: Bearer <token>`.',
  production:
    'Every route under /v1 needs a bearer token of the identity provider that this service trusts, ' +
    'with the claims sub, office and roles; send it as `Authorization: Bearer <token>`.',
};

const METHODS = ['get', 'post', 'put', 'delete'] as const;

/** Summaries are plain text, where backticks are only noise; and every id in an address says whose it is. */
function inPlainWords(path: string, item: PathItem): PathItem {
  const record = path.split('/')[2]?.replace(/s$/, '') ?? 'record';
  const described = { ...item };
  for (const method of METHODS) {
    const operation = item[method];
    if (!operation) continue;
    const parameters = operation.parameters?.map((one) => {
      if (!('in' in one) || one.in !== 'path') return one;
      const what = one.name === 'id' ? record : one.name;
      const description = `The ${what}: the id that was answered when it was recorded.`;
      return { ...one, description };
    });
    described[method] = {
      ...operation,
      ...(operation.summary !== undefined && { summary: operation.summary.replaceAll('`', '') }),
      ...(parameters && { parameters }),
    };
  }
  return described;
}

type PathItem = OpenAPIObject['paths'][string];
