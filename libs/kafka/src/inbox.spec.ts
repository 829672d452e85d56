import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Published } from '#event-store';
import { Inbox } from './inbox.js';

const never = new AbortController().signal;

describe('what the topic brings', () => {
  it('is taken once and in position order, doubled and reordered as it may be', () => {
    const arrivals = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 90 });
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 0, max: 10 }), (positions, cursor) => {
        const inbox = new Inbox(cursor);
        const taken = positions.flatMap((position) => {
          inbox.offer(event(position));
          return inbox.take().map((next) => next.position);
        });
        const came = new Set(positions);
        const expected: number[] = [];
        for (let next = cursor + 1; came.has(next); next += 1) expected.push(next);
        expect(taken).toEqual(expected);
        expect(inbox.position).toBe(cursor + expected.length);
      }),
    );
  });

  it('waits while an earlier one is missing, and goes on when the log has given that', () => {
    const inbox = new Inbox(0);
    [2, 3, 5].forEach((position) => {
      inbox.offer(event(position));
    });
    expect(inbox.take()).toEqual([]);
    inbox.skipTo(2);
    expect(inbox.take().map(({ position }) => position)).toEqual([3]);
    inbox.offer(event(4));
    expect(inbox.take().map(({ position }) => position)).toEqual([4, 5]);
  });

  it('is left out when the log does not know it, unless it came after the log was asked', () => {
    const inbox = new Inbox(0);
    inbox.offer(event(7));
    const early = inbox.early();
    inbox.offer(event(2));
    inbox.drop(early);
    inbox.skipTo(1);
    expect(inbox.take().map(({ position }) => position)).toEqual([2]);
    inbox.skipTo(6);
    expect(inbox.take()).toEqual([]);
  });

  it('is bounded: with 1,000 waiting the log is asked at once', async () => {
    const inbox = new Inbox(0);
    for (let position = 2; position <= 1_002; position += 1) inbox.offer(event(position));
    await within(50, inbox.wait(10_000, never));
    inbox.early();
    inbox.skipTo(1);
    const last = inbox.take().at(-1);
    expect(last?.position).toBe(1_001);
  });

  it('ends the wait as soon as the next one is here', async () => {
    const inbox = new Inbox(0);
    const waited = inbox.wait(10_000, never);
    inbox.offer(event(1));
    await within(50, waited);
    expect(inbox.take()).toHaveLength(1);
  });

  it('ends the wait 200 ms after a later one came', async () => {
    const inbox = new Inbox(0);
    const waited = inbox.wait(10_000, never);
    inbox.offer(event(2));
    await within(1_000, waited);
    expect(inbox.take()).toEqual([]);
  });

  it('ends the wait when the reader stops', async () => {
    const stop = new AbortController();
    const waited = new Inbox(0).wait(10_000, stop.signal);
    stop.abort();
    await within(50, waited);
    expect(stop.signal.aborted).toBe(true);
  });
});

async function within(ms: number, work: Promise<void>): Promise<void> {
  const before = performance.now();
  await work;
  expect(performance.now() - before).toBeLessThan(ms);
}

function event(position: number): Published {
  return {
    position,
    stream: `case-${position}`,
    version: 1,
    schemaVersion: 1,
    occurredOn: '1999',
    recordedAt: '2026-11-24T08:00:00.000Z',
    event: { type: 'MigrantDied', data: { diedOn: '1999' } },
  };
}
