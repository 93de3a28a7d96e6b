// Many small writes, a few at the same time; one that fails does not end the others.

const AT_ONCE = 4;

/** Returns what failed. tell: how many are done. signal: begins no other one when it is aborted. */
export async function eachAtATime<Item>(
  items: readonly Item[],
  run: (item: Item) => Promise<void>,
  tell: (done: number) => void,
  signal?: AbortSignal,
): Promise<{ item: Item; error: unknown }[]> {
  const failures: { item: Item; error: unknown }[] = [];
  const left = [...items];
  let done = 0;
  const work = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined && !signal?.aborted; item = left.shift()) {
      try {
        await run(item);
      } catch (error) {
        failures.push({ item, error });
      }
      tell(++done);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return failures;
}
