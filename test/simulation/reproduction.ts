/** A process is killed when its code would go on for the so-manieth time. */
export type Kill = Readonly<{ machine: string; at: number }>;

/** The one line with which a life can be seen again. */
export function reproduction(
  seed: number,
  { bug, kill }: Readonly<{ bug?: string | undefined; kill?: Kill | undefined }> = {},
): string {
  const options = [bug && `--bug ${bug}`, kill && `--kill ${kill.machine}@${kill.at}`].filter(Boolean);
  return ['npm run simulate -- --seed', seed, ...options].join(' ');
}
