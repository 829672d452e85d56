/**
 * Given to Node by `--import` before a projector: a version of the case list with a fault, which throws at every file of
 * so many (`KOSH_FAULT_POISON_EVERY`; 0: the fault is mended).
 */
import { cases, type Projection } from '#projections';

const every = Number(process.env['KOSH_FAULT_POISON_EVERY'] ?? 0);
const fold = cases.fold?.case;

if (every > 0 && fold) {
  // The one place where a fault can be put in from outside: projections are plain values.
  (cases as { fold: Projection['fold'] }).fold = {
    ...cases.fold,
    case(change, rows) {
      const isVictim = Number.parseInt(change.id.slice(-4), 16) % every === 0;
      // Half of them from their first event on, half from a later one.
      if (isVictim && change.version > Number.parseInt(change.id.slice(-5, -4), 16) % 2) {
        throw new Error('This version has a fault.');
      }
      fold(change, rows);
    },
  };
}
