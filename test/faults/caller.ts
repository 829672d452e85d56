import { setTimeout as delay } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { registration } from '../support/people.js';
import { type Answer, codeOf, receiptOf, send } from './http.js';
import { Journal, type Phase as Ending, type Receipt } from './journal.js';
import type { Measures } from './measures.js';

export type ClientSettings = Readonly<{
  /** Begins the callers' names. */
  name: string;
  /** Where the journals go. */
  folder: string;
  urls: readonly string[];
  token: string;
  callers: number;
  /** Files that all callers change; more are only registered. */
  files: number;
  /** `mixed`: all kinds, reading too; `register`: registrations alone, as a bulk load sends. */
  work: 'mixed' | 'register';
  /** Commands that are sent at most; without it until stopped. */
  commandsMax?: number;
  /** Between two commands of one caller. */
  pauseMs?: number;
  /** Longer than this nobody waits for an answer. */
  timeoutMs?: number;
  /** They say that they can wait, as a bulk load does. */
  background?: boolean;
  /** Whether read models are asked for, too. */
  reports?: boolean;
}>;

type End = Exclude<Ending, { phase: 'asked' }>;

type Wish = Readonly<{
  method: 'POST' | 'PUT';
  path: string;
  body: unknown;
  /** Of the addressed stream: `case` or `flight`. */
  category: string;
  streams?: readonly string[];
}>;

const TIMEOUT_MS = 15_000;
/** After a connection that broke or was refused. */
const AGAIN_MS = 30;
const REGIONS = ['KZ-75', 'KZ-19', 'KZ-10', 'KZ-59'];
/** Answers that say «not written, not this time». */
const NOT_NOW = new Set(['unavailable', 'overloaded', 'too-many-requests', 'version-conflict']);

/** Someone who sends one command after the other, and repeats each with its key until told what became of it. */
export class Caller {
  /** Commands of which nobody said what became of them. */
  unanswered = 0;
  private readonly journal: Journal;
  private position = 0;
  private sent = 0;
  private apiIndex: number;

  constructor(
    private readonly settings: ClientSettings,
    name: string,
    index: number,
    /** Files of all callers. */
    private readonly pool: string[],
    write: (line: string) => void,
    private readonly measures: Measures,
  ) {
    this.journal = new Journal(name, write);
    this.apiIndex = index;
  }

  /** Until stopped, or until all is sent; then `last` says how long to go on asking what became of the last one. */
  async run(stop: AbortSignal, last: AbortSignal): Promise<void> {
    const { commandsMax = Infinity, pauseMs = 0 } = this.settings;
    while (!stop.aborted && this.sent < commandsMax) {
      await this.once(stop, last);
      if (pauseMs > 0) await delay(pauseMs, undefined, { signal: stop }).catch(() => undefined);
    }
  }

  private async once(stop: AbortSignal, last: AbortSignal): Promise<void> {
    const { work, files, reports = true } = this.settings;
    const dice = Math.random();
    const file = this.pool[Math.floor(Math.random() * this.pool.length)];
    if (work === 'register' || file === undefined || dice < 0.3) {
      const receipt = await this.command(
        { method: 'POST', path: '/cases', body: registration(), category: 'case' },
        last,
      );
      if (receipt && this.pool.length < files) this.pool.push(receipt.stream.slice('case-'.length));
    } else if (dice < 0.62) {
      const body = { names: [{ full: `Invented ${this.sent}`, script: 'Latn', kind: 'as-documented' }] };
      await this.command({ method: 'PUT', path: `/cases/${file}/person`, body, category: 'case' }, last);
    } else if (dice < 0.8) {
      const region = REGIONS[Math.floor(Math.random() * REGIONS.length)];
      const body = { region, relocatedOn: '1998-10-01' };
      await this.command(
        { method: 'POST', path: `/cases/${file}/relocations`, body, category: 'case' },
        last,
      );
    } else if (dice < 0.86) {
      await this.flight(stop, last);
    } else if (dice < 0.94 || !reports) {
      await this.look(file);
    } else {
      await this.report();
    }
  }

  /** A flight is planned, people of two files are put on it, and it is cancelled: commands over three streams. */
  private async flight(stop: AbortSignal, last: AbortSignal): Promise<void> {
    const plan = {
      number: `KZ${100 + (this.sent % 900)}`,
      carrier: 'Invented Airlines',
      from: 'IKA',
      to: 'ALA',
      departureCountry: 'IRN',
      seats: 10,
      departsAt: '1998-06-26T04:30:00Z',
      funding: 'state',
    };
    const planned = await this.command(
      { method: 'POST', path: '/flights', body: plan, category: 'flight' },
      last,
    );
    const files = this.pool.toSorted(() => Math.random() - 0.5).slice(0, 2);
    if (!planned || stop.aborted || files.length < 2) return;
    const id = planned.stream.slice('flight-'.length);
    const streams = [planned.stream, ...files.map((file) => `case-${file}`)];
    const added = await this.command(
      {
        method: 'POST',
        path: `/flights/${id}/passengers`,
        body: { passengers: files.map((file) => ({ case: file })) },
        category: 'flight',
        streams,
      },
      last,
    );
    if (!added) return;
    // Whoever is on an open manifest cannot be put on another, so the list is always given back.
    await this.command(
      {
        method: 'POST',
        path: `/flights/${id}/cancellation`,
        body: { reasonCode: 'weather' },
        category: 'flight',
        streams,
      },
      last,
    );
  }

  /** The receipt; undefined where it was refused, or `last` came first. */
  private async command(wish: Wish, last: AbortSignal): Promise<Receipt | undefined> {
    this.sent += 1;
    const key = uuidv7();
    const asked = {
      what: 'write',
      actor: 'faults',
      key,
      ...(wish.streams && { streams: wish.streams }),
    } as const;
    for (let attempt = 1; !last.aborted; attempt += 1) {
      const end = this.journal.ask(asked);
      const { ending, waitMs } = await this.ask(wish, key);
      end(ending);
      if (ending.phase === 'receipt') {
        this.position = Math.max(this.position, ending.receipt.position);
        this.measures.acknowledge();
        return ending.receipt;
      }
      if (ending.phase === 'failed' && ending.why === 'refused') return undefined;
      if (attempt > 1) this.measures.failedAgain += 1;
      await delay(waitMs);
    }
    this.unanswered += 1;
    return undefined;
  }

  private async ask(wish: Wish, key: string): Promise<{ ending: End; waitMs: number }> {
    const { method, path, body, category } = wish;
    let answer: Answer;
    try {
      answer = await this.send(method, path, body, key);
    } catch (error) {
      this.apiIndex += 1;
      const refused = error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
      const ending: End = refused
        ? { phase: 'failed', why: 'unavailable', code: 'no-connection' }
        : { phase: 'unknown' };
      return { ending, waitMs: AGAIN_MS };
    }
    const { status, retryAfterMs } = answer;
    if (status === 200 || status === 201) return { ending: receiptOf(answer, category), waitMs: 0 };
    const code = codeOf(answer);
    if (code === 'outcome-unknown' || status === 500)
      return { ending: { phase: 'unknown' }, waitMs: AGAIN_MS };
    if (NOT_NOW.has(code)) {
      this.apiIndex += 1;
      return { ending: { phase: 'failed', why: 'unavailable', code }, waitMs: retryAfterMs };
    }
    return { ending: { phase: 'failed', why: 'refused', code }, waitMs: 0 };
  }

  private async look(file: string): Promise<void> {
    const end = this.journal.ask({ what: 'stream', stream: `case-${file}` });
    const answer = await this.send('GET', `/cases/${file}`).catch(() => undefined);
    if (answer?.status !== 200)
      return end({ phase: 'failed', why: 'unavailable', code: String(answer?.status) });
    end({ phase: 'seen', seen: { version: Number(answer.body['version']) } });
  }

  private async report(): Promise<void> {
    const atLeast = this.position;
    const end = this.journal.ask({ what: 'model', model: 'population', atLeast });
    const path = `/reports/population?validOn=2000-01-01&atLeast=${atLeast}`;
    const answer = await this.send('GET', path).catch(() => undefined);
    if (answer?.status !== 200)
      return end({ phase: 'failed', why: 'unavailable', code: String(answer?.status) });
    const { position, total } = answer.body;
    end({ phase: 'seen', seen: { position: Number(position), value: String(total) } });
  }

  private async send(method: string, path: string, body?: unknown, key?: string): Promise<Answer> {
    const { urls, token, timeoutMs = TIMEOUT_MS, background = false } = this.settings;
    const url = `${urls[this.apiIndex % urls.length]}/v1${path}`;
    // In what failed, reading is told from writing.
    const kind = method !== 'GET' ? '' : path.startsWith('/reports') ? 'report ' : 'file ';
    const startedAt = performance.now();
    try {
      const answer = await send(url, {
        method,
        token,
        timeoutMs,
        body,
        background,
        ...(key !== undefined && { key }),
      });
      const failure = answer.status >= 429 ? codeOf(answer) : undefined;
      this.measures.request(performance.now() - startedAt, failure && `${kind}${failure}`);
      return answer;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      this.measures.request(performance.now() - startedAt, `${kind}${code}`);
      throw error;
    }
  }
}
