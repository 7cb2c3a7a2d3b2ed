/**
 * Does a piece of work over and over, `inFlight` at a time, `count` in all.
 *
 * @returns how many a second were done.
 */
export async function perSecond(options: {
  readonly count: number;
  readonly inFlight: number;
  readonly work: (index: number, lane: number) => Promise<void>;
}): Promise<number> {
  const { count, inFlight, work } = options;
  let next = 0;
  const lane = async (_: unknown, number: number): Promise<void> => {
    while (next < count) await work(next++, number);
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: inFlight }, lane));
  return (1000 * count) / (performance.now() - began);
}
