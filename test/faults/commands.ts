import { v7 as uuidv7 } from 'uuid';
import { localTokens, ROLES } from '#vault';
import { registration } from '../support/people.js';
import { type Answer, codeOf, receiptOf, send } from './http.js';
import { Journal, type Line, type Phase } from './journal.js';
import type { Row } from './row.js';
import { settle } from './settle.js';
import type { World } from './world.js';

const TIMEOUT_MS = 15_000;

type End = Exclude<Phase, { phase: 'asked' }>;

/** Callers of the runner itself, who all ask at once. */
class Crowd {
  readonly lines: Line[] = [];
  private readonly journals: Journal[];

  constructor(
    private readonly world: World,
    size: number,
  ) {
    const write = (line: string) => this.lines.push(JSON.parse(line) as Line);
    this.journals = Array.from({ length: size }, (_, i) => new Journal(`crowd-${i}`, write));
  }

  /** Everyone asks the same, or what `asking` says, over all apis. */
  all(
    count: number,
    asking: (index: number) => {
      path: string;
      body: unknown;
      key: string;
      method?: string;
      ifMatch?: number;
    },
    token = this.world.token,
    actor = 'faults',
  ): Promise<readonly (Answer | undefined)[]> {
    return Promise.all(
      this.journals.slice(0, count).map(async (journal, index) => {
        const { path, body, key, method = 'POST', ifMatch } = asking(index);
        const matched = ifMatch === undefined ? {} : { ifMatch };
        const end = journal.ask({ what: 'write', actor, key, ...matched });
        const url = `${this.world.urls[index % this.world.urls.length]}/v1${path}`;
        const sending = { method, token, timeoutMs: TIMEOUT_MS, body, key, ...matched };
        const answer = await send(url, sending).catch(() => undefined);
        // Another request under a used key says nothing of what the key did.
        end(answer && codeOf(answer) !== 'idempotency-key-reused' ? endOf(answer) : { phase: 'unknown' });
        return answer;
      }),
    );
  }
}

function endOf(answer: Answer): End {
  if (answer.status === 200 || answer.status === 201) return receiptOf(answer, 'case');
  const code = codeOf(answer);
  if (code === 'outcome-unknown' || answer.status === 500) return { phase: 'unknown' };
  const why = answer.status === 503 || code === 'version-conflict' ? 'unavailable' : 'refused';
  return { phase: 'failed', why, code };
}

const person = (name: string) => ({ names: [{ full: name, script: 'Latn', kind: 'as-documented' }] });

const f17: Row = {
  id: 'F17',
  fault: '20 callers change one file at once, over two apis, each naming the same version',
  expects: 'one of them succeeds, 19 are told that the version is stale',
  scale: '500 versions, of 20 callers each, are the 10,000 races of the matrix',
  quick: true,
  async run(run) {
    const world = await run.world({ apis: 2 });
    const crowd = new Crowd(world, 20);
    const [first] = await crowd.all(1, () => ({ path: '/cases', body: registration(), key: uuidv7() }));
    const id = String(first?.body['id']);
    const odd: string[] = [];
    const races = run.times(500, 25);
    for (let version = 1; version <= races; version += 1) {
      const answers = await crowd.all(20, (index) => ({
        method: 'PUT',
        path: `/cases/${id}/person`,
        body: person(`Invented ${version} ${index}`),
        key: uuidv7(),
        ifMatch: version,
      }));
      const statuses = answers.map((answer) => answer?.status);
      const won = statuses.filter((status) => status === 201).length;
      const lost = statuses.filter((status) => status === 412).length;
      if (won !== 1 || lost !== 19) odd.push(`version ${version}: ${statuses.join()}`);
      run.round();
    }
    run.mustBe(odd.length === 0, 'races without exactly one winner', odd);
    run.count(races + 1, await settle(world, crowd.lines));
  },
};

const f18: Row = {
  id: 'F18',
  fault:
    'the same request up to 30 times at once and again after an api was killed; its key with another body, by others',
  expects:
    'one effect; the first status and body again; 422 for another body; another person has keys of his own',
  scale: '1,000 keys as the matrix: every 20th 30 times at once, the others 4 times',
  quick: true,
  async run(run) {
    const world = await run.world({ apis: 2 });
    const crowd = new Crowd(world, 30);
    const tokens = await localTokens(world.dataDir);
    const other = await tokens.issue({ actor: 'other', office: 'Almaty', roles: ROLES, ttlSeconds: 3_600 });
    const odd: string[] = [];
    const keys = run.times(1_000, 25);
    let acknowledged = 0;
    for (let round = 0; round < keys; round += 1) {
      const [key, body] = [uuidv7(), registration()];
      const same = () => ({ path: '/cases', body, key });
      const answers = [...(await crowd.all(round % 20 === 0 ? 30 : 4, same))];
      if (round % 100 === 50 || (run.quick && round === 12)) {
        const [api] = world.apis;
        if (api) run.recovered(await api.kill());
        answers.push(...(await crowd.all(2, same)));
      }
      const told = new Set(answers.map((answer) => JSON.stringify([answer?.status, answer?.body])));
      if (told.size !== 1 || answers[0]?.status !== 201) odd.push([...told].join(' or '));
      const [another] = await crowd.all(1, () => ({ ...same(), body: registration() }));
      if (another?.status !== 422) odd.push(`another body got ${another?.status}`);
      if (round % 10 === 0) {
        const [others] = await crowd.all(1, same, other, 'other');
        if (others?.status !== 201 || others.body['id'] === answers[0]?.body['id']) {
          odd.push(`another person got ${others?.status}`);
        }
        acknowledged += 1;
      }
      acknowledged += 1;
      run.round();
    }
    run.mustBe(odd.length === 0, 'keys that did not answer as they should', odd.slice(0, 5));
    run.count(acknowledged, await settle(world, crowd.lines));
  },
};

/** Many at once, and the same again. */
export const COMMANDS: readonly Row[] = [f17, f18];
