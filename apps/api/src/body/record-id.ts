import { Param, type PipeTransform } from '@nestjs/common';
import { Problem } from '../problem.js';
import { UUID } from '../uuid.js';

/** The id of a record in the address. What is no id names nothing that exists. */
export const RecordId = (name = 'id') => Param(name, KNOWN_SHAPE);

const KNOWN_SHAPE: PipeTransform<string, string> = {
  transform(value) {
    if (UUID.test(value)) return value;
    throw new Problem('not-found', 'The address names no record: ids are UUIDs in lower case.');
  },
};
