/** Asks again, every 10 ms, until it is so. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  ms = 20_000,
): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${ms} ms.`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
