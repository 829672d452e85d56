import { Presets, SingleBar } from 'cli-progress';

/** A bar on stderr where that is a terminal; nothing otherwise. It may be handed on unbound. */
export type Progress = Readonly<{
  update: (what: string, done: number, total: number) => void;
  stop: () => void;
}>;

/** Shown from the first update on. `unit` is what is counted. */
export function progress(unit = 'events'): Progress {
  const format = `{what} {bar} {percentage}% {value}/{total} ${unit}, {eta_formatted} left`;
  const bar = new SingleBar({ format, clearOnComplete: true }, Presets.shades_classic);
  return {
    update(what, done, total) {
      if (!bar.isActive) bar.start(total, 0, { what });
      bar.setTotal(total);
      bar.update(done, { what });
    },
    stop: () => bar.stop(),
  };
}
