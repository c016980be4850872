import { type Operations, operationsOn } from "./operations.ts";
import { Visitors } from "./visitors.ts";
import { Watch } from "./watch.ts";
import { World } from "./world.ts";

/** An app with readers, and a watch that notes every violation of an invariant. */
export interface Stage {
  world: World;
  watch: Watch;
  visitors: Visitors;
  operations: Operations;
}

export interface StageOptions {
  /** Differences in `protection` of the configuration. */
  protection?: object;
  /** Average time between two visits, in milliseconds. Default 700. */
  readersEveryMs?: number;
}

/** @param seed of latencies, jitter and readers */
export async function openStage(
  seed: number,
  { protection, readersEveryMs = 700 }: StageOptions = {},
): Promise<Stage> {
  const world = await World.open(seed, protection);
  const watch = new Watch(world);
  const visitors = new Visitors(world, watch);
  visitors.comeEvery(readersEveryMs);
  return { world, watch, visitors, operations: operationsOn(world) };
}
