import type { EventLog } from "./event-log.ts";

/**
 * Reads the map where it is read first, and elsewhere when that fails: with one region there is nothing more to it. What the
 * other region holds may be older; the cache never takes an older map than it has.
 *
 * @param readers one per region, in the order in which they are asked
 * @throws what the last one throws, when none can be read
 */
export function createRegionsReader(
  readers: readonly { region: string; read: () => Promise<string> }[],
  log: EventLog,
): () => Promise<string> {
  return async () => {
    for (const { region, read } of readers.slice(0, -1)) {
      try {
        return await read();
      } catch (error) {
        log("region-unreadable", { region, reason: error instanceof Error ? error.message : String(error) });
      }
    }
    return await readers.at(-1)!.read();
  };
}
