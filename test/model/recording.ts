import type { PlatformOutputs } from "@lockstep/infra/rehearsal";
import type { Operations } from "./operations.ts";
import { openStage, type Stage, type StageOptions } from "./stage.ts";
import type { Call, World } from "./world.ts";

/** A write, or a pause of the readers. `at`: milliseconds since the epoch. */
type Entry = { at: number } & ({ did: "write"; call: Call } | { did: "pause"; paused: boolean });

/** The time between two skips. */
interface Stretch {
  entries: Entry[];
  endsAt: number;
  /** Milliseconds that are skipped after it. */
  skipMs: number;
}

/**
 * How an app reached a prepared state: its writes to AWS, skips of time and pauses of the readers. It is frozen, so replays
 * share no state.
 */
export interface Recording {
  stretches: readonly Stretch[];
  /** Number of processes that ran. The next process needs a new id, because the lease of a killed one keeps its id. */
  processes: number;
  /** The recorded platform. Each replay creates a platform with other random identifiers. */
  outputs: Readonly<PlatformOutputs>;
  /** The released versions, in their order. */
  ids: readonly string[];
}

/** A preparation acts only through these members, so that the recording is complete. */
export interface Preparation {
  operations: Operations;
  world: World;
  /** Releases versions, one after the other. Throws if a release does not succeed. */
  release(count?: number): Promise<void>;
  /** The released versions, in their order. */
  ids: readonly string[];
  /** Skips time, in milliseconds: see `VirtualTime.skip`. */
  skip(ms: number): Promise<void>;
  pauseReaders(paused: boolean): void;
}

const SEED = 1;
const READS = /^(Get|Describe|List|Head|BatchGet)/;

/** Prepares an app with the real operations, and records it. */
export async function recordPreparation(
  prepare: (preparation: Preparation) => Promise<void>,
): Promise<Recording> {
  const stage = await openStage(SEED);
  const { world, visitors, watch } = stage;
  const stretches: Stretch[] = [];
  let entries: Entry[] = [];
  const endStretch = (skipMs: number) => {
    stretches.push({ entries, endsAt: world.time.now(), skipMs });
    entries = [];
  };
  const ids: string[] = [];
  world.observers.push(({ service, action, input, run }) => {
    if (READS.test(action)) return;
    const call = {
      service,
      action,
      input: structuredClone(input),
      run: { succeeded: new Map(run.succeeded) },
    };
    entries.push({ at: world.time.now(), did: "write", call });
  });
  await prepare({
    operations: stage.operations,
    world,
    ids,
    async release(count = 1) {
      for (let n = 0; n < count; n++) {
        const outcome = await stage.operations.release();
        if (outcome.how !== "done") throw new Error(`The release ${outcome.how}`, { cause: outcome });
        ids.push(outcome.result.id);
      }
    },
    async skip(ms) {
      endStretch(ms);
      await world.time.skip(ms);
    },
    pauseReaders(paused) {
      entries.push({ at: world.time.now(), did: "pause", paused });
      visitors.pause(paused);
    },
  });
  endStretch(0);
  const { outputs, processes } = world;
  const recording = { stretches, processes, outputs: { ...outputs }, ids };
  await world.close();
  refuseViolations(watch.violations);
  return deepFreeze(recording);
}

/**
 * Opens a new stage in the recorded state. Repeats the writes at their times, with readers and the work of AWS between them,
 * and omits the reads and computations of the operations, which take most of the time of a preparation.
 *
 * @param seed of latencies and readers
 */
export async function replay(recording: Recording, seed: number, options?: StageOptions): Promise<Stage> {
  const stage = await openStage(seed, options);
  const { world, visitors, watch } = stage;
  for (const { entries, endsAt, skipMs } of recording.stretches) {
    await world.time.until(async () => {
      for (const entry of entries) {
        await world.time.sleep(entry.at - world.time.now());
        if (entry.did === "pause") visitors.pause(entry.paused);
        else await write(entry.call, recording.outputs, world);
      }
      await world.time.sleep(endsAt - world.time.now());
    });
    if (skipMs > 0) await world.time.skip(skipMs);
  }
  world.processes = recording.processes;
  refuseViolations(watch.violations);
  return stage;
}

/** Repeats a write that AWS accepted, without its precondition: ETags differ between platforms. */
async function write(call: Call, recorded: PlatformOutputs, world: World): Promise<void> {
  const { service, action } = call;
  const { IfMatch, ...input } = await translated(call.input, recorded, world);
  if (service === "cloudfront-keyvaluestore") {
    const { KvsARN } = input;
    input.IfMatch = (await world.call(service, "DescribeKeyValueStore", { KvsARN })).ETag;
  }
  await world.observe({ ...call, input }, () => world.call(service, action, input));
}

/** Replaces the random identifiers of the recorded platform with those of this one. */
async function translated(input: Record<string, any>, recorded: PlatformOutputs, world: World) {
  const names = Object.keys(recorded) as (keyof PlatformOutputs)[];
  const drawn = names.filter((name) => recorded[name] !== world.outputs[name]);
  const groups = await targetGroups(world);
  const translate = (text: string) =>
    drawn
      .reduce((all, name) => all.replaceAll(recorded[name], world.outputs[name]), text)
      .replaceAll(TARGET_GROUP, (old, name) => groups.get(name) ?? old);
  const members = Object.entries(input);
  return Object.fromEntries(
    members.map(([name, value]) => [name, typeof value === "string" ? translate(value) : value]),
  );
}

const TARGET_GROUP = /targetgroup\/([^/"]+)\/[0-9a-f]{16}/g;

/** Returns the name of each target group → the last part of its ARN. */
async function targetGroups(world: World): Promise<Map<string, string>> {
  const { TargetGroups } = await world.call("elbv2", "DescribeTargetGroups", {});
  return new Map(
    TargetGroups.map((group: { TargetGroupName: string; TargetGroupArn: string }) => [
      group.TargetGroupName,
      group.TargetGroupArn.split(":").at(-1)!,
    ]),
  );
}

function refuseViolations(violations: readonly string[]): void {
  if (violations.length > 0)
    throw new Error(`The preparation violates invariants:\n  ${violations.join("\n  ")}`);
}

function deepFreeze<Value>(value: Value): Value {
  // Bytes cannot be frozen.
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}
