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
export function describeApi(app: NestFastifyApplication, { kafka, checkpointTopic }: Settings): void {
  SwaggerModule.setup('docs', app, () => documentOf(app));
  app
    .getHttpAdapter()
    .getInstance()
    .get(ASYNC_API, () => asyncApi(kafka, checkpointTopic));
}

function documentOf(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Kosh')
    .setDescription(
      'Case tracking for a migration agency. Every write needs an Idempotency-Key and answers a receipt; ' +
        'every report can be asked as of a date (validOn) and as known at a position or moment (knownAt).',
    )
    .setVersion('1')
    .setExternalDoc('The events on Kafka, in AsyncAPI', ASYNC_API)
    .addBearerAuth()
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    extraModels: [ProblemAnswer],
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}.${method}`,
  });
  return { ...document, components: { ...document.components, examples: problemExamples() } };
}
