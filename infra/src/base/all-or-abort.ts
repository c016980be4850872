/**
 * Runs tasks in parallel. If one fails, the signal aborts the others. Throws the first failure after all tasks have
 * ended, so that none of them runs any longer.
 */
export async function allOrAbort<Results extends readonly unknown[]>(
  tasks: { [Index in keyof Results]: (signal: AbortSignal) => Promise<Results[Index]> },
): Promise<Results> {
  const abort = new AbortController();
  let failed = false;
  let failure: unknown;
  const results = await Promise.allSettled(
    tasks.map(async (task) => {
      try {
        return await task(abort.signal);
      } catch (error) {
        if (!failed) failure = error;
        failed = true;
        abort.abort();
        throw error;
      }
    }),
  );
  if (failed) throw failure;
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as unknown as Results;
}
