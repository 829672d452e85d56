import type { FieldOptions } from './field.js';
import { OneOf, Prose } from './values.js';

/** Why something was recorded, in the codes that events carry. Stored for ever: add, never rename. */
const REASONS = {
  status: [
    'first-instance',
    'appeal',
    'convention-criteria',
    'no-well-founded-fear',
    'prima-facie',
    'family-unity',
    'withdrawn',
    'no-contact',
    'naturalised',
    'expired',
    'other',
  ],
  correction: ['document-seen', 'entry-error', 'interpreter-error', 'told-later', 'other'],
  'no-show': ['not-reached', 'withdrawn', 'ill', 'papers', 'other'],
  offload: ['unfit-to-travel', 'unfit-to-fly', 'ill', 'papers', 'security', 'seat-lost', 'other'],
  cancellation: [
    'weather',
    'no-landing-permit',
    'no-permit',
    'aircraft',
    'too-few-passengers',
    'security',
    'other',
  ],
  retraction: ['misread', 'withdrawn', 'duplicate', 'other'],
} as const;

/** The code of the reason, from the list for this kind of record. */
export const ReasonCode = (kind: keyof typeof REASONS, options: FieldOptions = {}) =>
  OneOf(REASONS[kind], options);

/** The reason in words: about a person, so it is sealed and in no event. */
export const Reason = () =>
  Prose(2_000, {
    optional: true,
    example: 'The passport was seen on a later visit.',
    description: 'Sealed.',
  });
