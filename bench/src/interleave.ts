/** One of the things compared: does a round of its work and says what came out. */
export type Contender<Context, Result> = (context: Context) => Promise<Result>;

/**
 * Has every contender do one round after the other, so that whatever else the machine does meets all of them alike. Who
 * begins changes from round to round. One round more than asked for is made; the first warms up and does not count.
 *
 * @param options.prepare makes what the round works on, outside of what is measured.
 */
export async function interleave<Name extends string, Result, Context = void>(options: {
  readonly rounds: number;
  readonly contenders: Readonly<Record<Name, Contender<Context, Result>>>;
  readonly prepare: () => Promise<Context>;
}): Promise<Record<Name, Result[]>> {
  const names = Object.keys(options.contenders) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Result[]>;
  for (let round = 0; round <= options.rounds; round++) {
    const context = await options.prepare();
    const first = round % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const result = await options.contenders[name](context);
      if (round > 0) results[name].push(result);
    }
  }
  return results;
}
