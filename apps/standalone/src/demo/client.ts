import { randomUUID } from 'node:crypto';

/** How many requests are under way at once, and so how many connections there are. */
const CONNECTIONS = 16;
const ATTEMPTS_MAX = 5;

type Json = Readonly<Record<string, unknown>>;
export type Written = Readonly<{ id: string; version: number; position: number; hash: string }>;

/** Kosh as a caseworker's program sees it: HTTP, a token, a key for every write, and a repetition when unsure. */
export class Client {
  commands = 0;
  /** The position of the last write, to wait for in reports. */
  position = 0;

  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  async post<Answer extends Written = Written>(path: string, body: Json = {}): Promise<Answer> {
    const key = randomUUID();
    for (let attempt = 1; ; attempt += 1) {
      const response = await fetch(`${this.url}/v1${path}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${this.token}`,
          'content-type': 'application/json',
          'idempotency-key': key,
        },
        body: JSON.stringify(body),
      });
      const answer = await json<Answer>(response);
      if (response.ok) {
        this.commands += 1;
        this.position = Math.max(this.position, answer.position);
        return answer;
      }
      // 503 says «not written» or «not known whether»: in both cases the same key is the way to find out.
      if (response.status !== 503 || attempt === ATTEMPTS_MAX) {
        throw new Error(`POST ${path} was answered ${response.status}: ${JSON.stringify(answer)}`);
      }
    }
  }

  /** A report or a list, not older than the last write of this client. */
  async get<Answer>(path: string): Promise<Answer> {
    const url = new URL(`${this.url}/v1${path}`);
    if (this.position > 0) url.searchParams.set('atLeast', String(this.position));
    const response = await fetch(url, { headers: { authorization: `Bearer ${this.token}` } });
    const answer = await json<Answer>(response);
    if (!response.ok)
      throw new Error(`GET ${path} was answered ${response.status}: ${JSON.stringify(answer)}`);
    return answer;
  }
}

/** What the API answers is described in its OpenAPI document; the demo trusts it. */
async function json<Answer>(response: Response): Promise<Answer> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return (await response.json()) as Answer;
}

/** Does `work` for each item, at most 16 at once; answers in the order of the items. */
export async function inParallel<Item, Answer>(
  items: readonly Item[],
  work: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [i, item] of queue) answers[i] = await work(item);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return answers;
}
