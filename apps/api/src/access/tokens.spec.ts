import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { localTokens } from '#vault';
import { emptyFolders } from '../../../../test/support/folders.js';
import { Tokens } from './tokens.js';

const dataDir = emptyFolders();

async function given({ ttlSeconds }: { ttlSeconds: number }) {
  const dir = await dataDir();
  const { issue } = await localTokens(dir);
  const tokens = await Tokens.local(dir);
  const token = await issue({ actor: 'aigul', office: 'Almaty', roles: ['caseworker'], ttlSeconds });
  return { tokens, authorization: `Bearer ${token}` };
}

const inSeconds = (seconds: number) =>
  jest.useFakeTimers({
    now: Date.now() + seconds * 1_000,
    doNotFake: ['nextTick', 'setImmediate', 'setTimeout'],
  });

describe('a token that was good a moment ago', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('names its bearer again', async () => {
    const { tokens, authorization } = await given({ ttlSeconds: 60 });
    const bearer = { actor: 'aigul', office: 'Almaty', roles: ['caseworker'] };
    expect(await tokens.verify(authorization)).toEqual(bearer);
    expect(await tokens.verify(authorization)).toEqual(bearer);
  });

  it('is refused as soon as its time is over, the clocks being half a minute apart at most', async () => {
    const { tokens, authorization } = await given({ ttlSeconds: 1 });
    inSeconds(25);
    await expect(tokens.verify(authorization)).resolves.toMatchObject({ actor: 'aigul' });
    inSeconds(10);
    await expect(tokens.verify(authorization)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('does not lend its good name to one with another signature', async () => {
    const { tokens, authorization } = await given({ ttlSeconds: 60 });
    await tokens.verify(authorization);
    const { authorization: foreign } = await given({ ttlSeconds: 60 });
    const [head, claims] = authorization.split('.');
    const forged = [head, claims, foreign.split('.')[2]].join('.');
    await expect(tokens.verify(forged)).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});
