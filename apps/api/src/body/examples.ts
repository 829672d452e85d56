/** Ids in examples: the same record has the same one wherever the description names it. */
export const EXAMPLE_IDS = {
  case: '0192f0c4-7a10-7cc3-9e6b-2f1d5c3a8b01',
  passenger: '0192f0c4-7a10-7cc3-9e6b-2f1d5c3a8b02',
  flight: '0192f0c4-7a10-7cc3-9e6b-2f1d5c3a8b03',
  estimate: '0192f0c4-7a10-7cc3-9e6b-2f1d5c3a8b04',
};
