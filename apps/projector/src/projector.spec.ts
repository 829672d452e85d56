import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { v5 as uuidv5 } from 'uuid';
import { connect } from '#event-store';
import { waitFor } from '#projections';
import { BadSettings } from '#running';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.js';
import { type Given, givenLog } from '../../../test/support/given-log.js';
import { type Projector, startProjector } from './projector.js';
import { settingsFrom } from './settings.js';

const retracted = (number: number): Given => ({
  stream: `estimate-${uuidv5(String(number), uuidv5.URL)}`,
  event: { type: 'EstimateRetracted', data: { reasonCode: 'error' } },
});

let database: TestDatabase;
let pool: ReturnType<typeof connect>;
let projector: Projector;

beforeEach(async () => {
  database = await freshDatabase();
  pool = connect(database.url, 'kosh_projector', { max: 2 });
  projector = await startProjector(
    settingsFrom({
      DATABASE_URL: database.url,
      KOSH_READ_MODELS: 'estimates, population',
      KOSH_PROCESSES: 'none',
      PROJECTOR_PORT: '0',
      LOG_LEVEL: 'silent',
    }),
  );
});

afterEach(async () => {
  await projector.close();
  await pool.end();
  await database.drop();
});

describe('a projector', () => {
  it('keeps up the read models that it is told to, and says how far they are', async () => {
    const position = await givenLog(database.url, [retracted(1), retracted(2)]);
    await waitFor(pool, ['estimates', 'population'], position);
    const metrics = await (await fetch(`${projector.url}/metrics`)).text();
    expect(metrics).toContain('kosh_projection_position{projection="estimates"} 2');
    expect(metrics).toContain('kosh_projection_lag_events{projection="population"} 0');
    expect(metrics).toContain('kosh_projection_lag_seconds{projection="population"} 0');
    expect(metrics).toContain('kosh_projection_errors_total{projection="population"} 0');
    expect(metrics).toMatch(/^kosh_build_info\{version="\d+\.\d+\.\d+",node="v\d+[^"]*"\} 1$/m);
    expect(metrics).not.toContain('projection="cases"');
    expect((await fetch(`${projector.url}/readyz`)).status).toBe(200);
  });

  it('stops, and says so, at an event that it does not know', async () => {
    await givenLog(database.url, [retracted(1)]);
    await waitFor(pool, ['estimates', 'population'], 1);
    const unknown = { type: 'EstimateDoubted', data: {} };
    await givenLog(database.url, [{ ...retracted(1), event: unknown as unknown as Given['event'] }]);
    await expect(waitFor(pool, ['estimates'], 2, 500)).rejects.toThrow('at position 1');
    const ready = await fetch(`${projector.url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.text()).toContain('does not know the event EstimateDoubted');
    const metrics = await (await fetch(`${projector.url}/metrics`)).text();
    expect(metrics).toContain('kosh_projection_errors_total{projection="estimates"} 1');
    expect(Number(/lag_seconds\{projection="estimates"\} (\S+)/.exec(metrics)?.[1])).toBeGreaterThan(0);
  });

  it('is degraded, but ready, while a file is parked, and says so in its metrics', async () => {
    await givenLog(database.url, [
      { ...retracted(1), event: { type: 'EstimateRecorded', data: null } as never },
    ]);
    await waitFor(pool, ['estimates'], 1);
    await givenLog(database.url, [retracted(2)]);
    await waitFor(pool, ['estimates', 'population'], 2);
    const ready = await fetch(`${projector.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([
      200,
      expect.objectContaining({ status: 'degraded', parked: { estimates: 1 } }),
    ]);
    const metrics = await (await fetch(`${projector.url}/metrics`)).text();
    expect(metrics).toContain('kosh_parked_streams{projection="estimates"} 1');
    expect(metrics).toContain('kosh_parked_streams{projection="population"} 0');
  });

  it('is not started on settings that are wrong, each of which it names', () => {
    const wrong = { KOSH_READ_MODELS: 'censuses', KOSH_PROCESSES: 'some', PROJECTOR_PORT: 'x' };
    expect(() => settingsFrom(wrong)).toThrow(BadSettings);
    for (const name of ['DATABASE_URL', ...Object.keys(wrong)]) {
      expect(() => settingsFrom(wrong)).toThrow(name);
    }
  });
});
