import { describe, expect, it } from '@jest/globals';
import { BadSettings } from '#running';
import { Settings } from './settings.js';

const LOCAL = { DATABASE_URL: 'postgres://kosh:secret-of-ours@127.0.0.1:5432/kosh' };
const PRODUCTION = {
  ...LOCAL,
  KOSH_MODE: 'production',
  OIDC_ISSUER: 'https://id.example.kz',
  OIDC_AUDIENCE: 'kosh',
  KOSH_MASTER_KEY_FILE: '/run/secrets/master-key',
};

function reasons(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  try {
    Settings.from(env);
    return [];
  } catch (error) {
    if (error instanceof BadSettings) return error.reasons;
    throw error;
  }
}

describe('the settings of the API', () => {
  it('need nothing but a database on a laptop', () => {
    expect(Settings.from(LOCAL)).toMatchObject({
      mode: 'local',
      host: '127.0.0.1',
      port: 3000,
      timeZone: 'Asia/Almaty',
    });
  });

  it('are told wrong all at once, each by its name', () => {
    const wrong = {
      KOSH_MODE: 'test',
      PORT: 'http',
      DATABASE_URL: 'mysql://db',
      KOSH_TIME_ZONE: 'Asia/Atlantis',
      LOG_LEVEL: 'loud',
      KOSH_REQUESTS_PER_MINUTE: 'many',
      KAFKA_PARTITIONS: '0',
      KOSH_REQUESTS_IN_FLIGHT: '0',
      KOSH_LOOP_DELAY_MS: 'none',
      KOSH_READERS: '1000',
    };
    expect(reasons(wrong)).toHaveLength(10);
    for (const name of Object.keys(wrong)) expect(reasons(wrong).join('\n')).toContain(name);
  });

  it('keep local mode on loopback', () => {
    expect(reasons({ ...LOCAL, HOST: '0.0.0.0' })).toEqual([expect.stringMatching(/^HOST: .*loopback/)]);
  });

  it.each([
    ['http://id.example.kz', 1],
    ['http://127.0.0.1:8080', 0],
    ['https://id.example.kz', 0],
    ['id.example.kz', 1],
  ])('take tokens of %s: %d reasons against it', (issuer, count) => {
    expect(reasons({ ...LOCAL, OIDC_ISSUER: issuer, OIDC_AUDIENCE: 'kosh' })).toHaveLength(count);
  });
});

describe('in production', () => {
  it('safe settings are taken', () => {
    expect(Settings.from(PRODUCTION)).toMatchObject({ mode: 'production', host: '0.0.0.0' });
  });

  it.each([
    ['OIDC_ISSUER', { OIDC_ISSUER: undefined }],
    ['OIDC_AUDIENCE', { OIDC_AUDIENCE: undefined }],
    ['KOSH_MASTER_KEY', { KOSH_MASTER_KEY_FILE: undefined }],
    ['KOSH_MASTER_KEY_FILE', { KOSH_MASTER_KEY_FILE: '.kosh/master.key' }],
    [
      'KOSH_MASTER_KEY_FILE',
      { KOSH_MASTER_KEY_FILE: '/srv/other/../data/master.key', KOSH_DATA_DIR: '/srv/data' },
    ],
    ['DATABASE_URL', { DATABASE_URL: 'postgres://kosh@db/kosh' }],
    ['DATABASE_URL', { DATABASE_URL: 'postgres://kosh:postgres@db/kosh' }],
    ['KOSH_REQUESTS_PER_MINUTE', { KOSH_REQUESTS_PER_MINUTE: '0' }],
    ['LOG_LEVEL', { LOG_LEVEL: 'debug' }],
  ])('an unsafe %s is refused by name', (name, change) => {
    expect(reasons({ ...PRODUCTION, ...change })).toEqual([expect.stringMatching(new RegExp(`^${name}\\b`))]);
  });
});
