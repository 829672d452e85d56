import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { ProblemAnswer } from './answers/problems.js';

/** The description of the API: a page at `/docs`, OpenAPI 3.1 at `/docs-json`. */
export function describeApi(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => documentOf(app));
}

export function documentOf(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Kosh')
    .setDescription(
      'Case tracking for a migration agency. Every write needs an Idempotency-Key and answers a receipt; ' +
        'every report can be asked as of a date (validOn) and as known at a position or moment (knownAt).',
    )
    .setVersion('1')
    .addBearerAuth()
    .build();
  return SwaggerModule.createDocument(app, config, {
    extraModels: [ProblemAnswer],
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}.${method}`,
  });
}
