/** Given to Node by `--import` before a projector: a case list that leaves out every tenth file, without a word. */
import { cases, type Projection } from '#projections';

const fold = cases.fold?.case;
if (fold && process.env['KOSH_FAULT_SKIPPING'] === 'yes') {
  (cases as { fold: Projection['fold'] }).fold = {
    ...cases.fold,
    case(change, rows) {
      if (Number.parseInt(change.id.slice(-2), 16) % 10 !== 0) fold(change, rows);
    },
  };
}
