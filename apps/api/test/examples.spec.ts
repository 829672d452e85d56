import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { ROLES } from '#vault';
import { type Caller, type Stack, startStack } from '../../../test/support/stack.js';
import { EXAMPLE_IDS } from '../src/body/examples.js';
import { PROBLEMS } from '../src/problem-codes.js';
import { REFUSALS } from '../src/refusal-codes.js';

type Examples = Readonly<Record<string, { value?: unknown; $ref?: string }>>;
type Content = Readonly<Record<string, { schema: { $ref?: string }; examples?: Examples }>>;
type Operation = Readonly<{
  requestBody?: { content: Content };
  responses: Readonly<Record<string, { description: string; content?: Content }>>;
}>;
type OpenApi = Readonly<{
  paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  components: Readonly<{ examples: Examples; schemas: object }>;
}>;

let stack: Stack;
let caller: Caller;
let document: OpenApi;
let operations: Map<string, Operation>;

beforeAll(async () => {
  stack = await startStack();
  caller = await stack.as(ROLES);
  document = (await (await fetch(`${stack.url}/docs-json`)).json()) as OpenApi;
  operations = new Map(
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, one]) => [`${method.toUpperCase()} ${path}`, one] as const),
    ),
  );
});
afterAll(() => stack?.close());

describe('the description', () => {
  it('shows a whole body for every command that takes one, as its schema says', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
    ajv.addSchema({ ...document, $id: 'kosh' });
    const withBody = [...operations].filter(([, { requestBody }]) => requestBody);
    expect(withBody.length).toBeGreaterThan(20);
    for (const [route, { requestBody }] of withBody) {
      const { schema, examples } = requestBody?.content['application/json'] ?? { schema: {} };
      const isFitting = ajv.compile({ $ref: `kosh${schema.$ref}` });
      expect({ route, examples }).toMatchObject({ examples: { accepted: { value: expect.any(Object) } } });
      const fits = isFitting(examples?.['accepted']?.value);
      expect({ route, fits, errors: isFitting.errors }).toEqual({ route, fits: true, errors: null });
    }
  });

  it('shows a problem for every answer that is one, each with a code that has a page', () => {
    for (const [route, { responses }] of operations) {
      const refusals = Object.entries(responses).filter(([status]) => status >= '400');
      expect(refusals.length).toBeGreaterThan(5);
      for (const [status, { content }] of refusals) {
        const examples = Object.values(content?.['application/problem+json']?.examples ?? {});
        expect({ route, status, shown: examples.length > 0 }).toEqual({ route, status, shown: true });
        for (const { $ref = '' } of examples) {
          const code = /^#\/components\/examples\/(.+)$/.exec($ref)?.[1] ?? '';
          expect(document.components.examples[code]?.value).toMatchObject({ status: Number(status), code });
          expect({ ...REFUSALS, ...PROBLEMS }).toHaveProperty(code);
        }
      }
    }
  });

  it('shows problems that are as their schema says', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ ...document, $id: 'kosh' });
    const isProblem = ajv.compile({ $ref: 'kosh#/components/schemas/ProblemAnswer' });
    const odd = Object.entries(document.components.examples).filter(([, { value }]) => !isProblem(value));
    expect(odd).toEqual([]);
  });
});

describe('the examples of the description, sent one after the other', () => {
  const sent = new Set<string>();

  it('are accepted, that of every command', async () => {
    const file = await records('POST /v1/cases');
    const met = await records('POST /v1/encounters');
    await records('POST /v1/cases/{id}/registrations', met);
    await records('POST /v1/cases/{id}/status-changes', file);
    await records('POST /v1/cases/{id}/corrections', file);
    await records('PUT /v1/cases/{id}/person', file);
    await records('POST /v1/cases/{id}/relocations', file);
    await records('POST /v1/cases/{id}/departures', file);
    await records('POST /v1/cases/{id}/returns', file);

    const flight = await records('POST /v1/flights');
    const seats: string[] = [];
    for (const one of [file, met]) {
      const added = await send('POST /v1/flights/{id}/passengers', flight, { case: one });
      seats.push(...(added['passengers'] as { passenger: string }[]).map(({ passenger }) => passenger));
    }
    const [a = '', b = '', c = '', d = ''] = seats;
    await caller.did(`/flights/${flight}/manifest`);
    await records('POST /v1/flights/{id}/boardings', flight, { passenger: a });
    await records('POST /v1/flights/{id}/boardings', flight, { passenger: b });
    await records('POST /v1/flights/{id}/no-shows', flight, { passenger: c });
    await records('POST /v1/flights/{id}/offloads', flight, { passenger: d });
    await records('POST /v1/flights/{id}/departure', flight);
    await records('POST /v1/flights/{id}/diversion', flight, { passenger: a });
    await records('POST /v1/flights/{id}/arrival', flight);
    await records('POST /v1/flights/{id}/cancellation', await records('POST /v1/flights'));
    await records('POST /v1/cases/{id}/deaths', file);

    const [old, newer] = [await records('POST /v1/estimates'), await records('POST /v1/estimates')];
    await records('POST /v1/estimates/{id}/supersession', old, { estimate: newer });
    await records('POST /v1/estimates/{id}/retraction', newer);

    const withBody = [...operations].filter(([, { requestBody }]) => requestBody).map(([route]) => route);
    expect([...sent].toSorted()).toEqual(withBody.toSorted());
  });

  /** Sends the example with the ids that there are here in the place of its own; answers the record's id. */
  async function records(route: string, id?: string, ids: Partial<typeof EXAMPLE_IDS> = {}) {
    return String((await send(route, id, ids))['id']);
  }

  async function send(route: string, id = '', ids: Partial<typeof EXAMPLE_IDS> = {}) {
    sent.add(route);
    const [method = '', path = ''] = route.replace('{id}', id).split(' /v1');
    const { value } = operations.get(route)?.requestBody?.content['application/json']?.examples?.[
      'accepted'
    ] ?? { value: undefined };
    const body = Object.entries(ids).reduce(
      (text, [name, real]) => text.replaceAll(EXAMPLE_IDS[name as keyof typeof EXAMPLE_IDS], real),
      JSON.stringify(value),
    );
    const answer = await caller.post(path, JSON.parse(body), {}, method);
    expect({ route, status: answer.status, body: answer.body }).toMatchObject({ route, status: 201 });
    return answer.body;
  }
});
