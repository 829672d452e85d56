import { describe, expect, it } from '@jest/globals';
import { SCHEMA_VERSIONS, UnknownEvent, upcast } from './upcast.js';

describe('reading the log', () => {
  it.each(Object.entries(SCHEMA_VERSIONS))('knows %s', (type, version) => {
    const data = { passenger: 'p-1' };
    expect(upcast(type, version, data)).toEqual({ type, data });
  });

  it.each([
    ['PassengerAdded', 2],
    ['PassengerAdded', 0],
    ['PassengerTeleported', 1],
    ['toString', 1],
  ])('stops at %s, version %i, which it does not know', (type, version) => {
    expect(() => upcast(type, version, {})).toThrow(UnknownEvent);
    expect(() => upcast(type, version, {})).toThrow(`${type}, schema version ${version}`);
  });
});
