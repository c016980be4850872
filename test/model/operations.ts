import { createHash } from "node:crypto";
import {
  type JanitorReport,
  type OperationContext,
  type PromoteResult,
  promoteVersion,
  type RecallResult,
  type RecallTarget,
  type ReleaseOptions,
  type ReleaseResult,
  type Retirement,
  recallVersions,
  release,
  resumeRelease,
  retireVersion,
  rollback,
  runJanitor,
} from "@lockstep/infra/rehearsal";
import { REPOSITORY } from "@lockstep/infra/test/create-platform";
import { vi } from "vitest";
import { type Outcome, Run, type RunOptions } from "./run.ts";
import { World } from "./world.ts";

vi.mock("../../infra/src/constructs/version-stack.ts", async (original) => {
  const real = await original<typeof import("@lockstep/infra/rehearsal")>();
  const { memoised } = await import("@lockstep/infra/test/memoised-stack");
  return { ...real, synthVersionStack: memoised(real.synthVersionStack) };
});

/** A Lambda has 15 minutes. */
const JANITOR_MS = 14 * 60_000;
/** The machine of the janitor's Lambda. From there it cannot see whether the process of a release lives. */
const LAMBDA = 99;
const COMMIT = "1f3a9c2".padEnd(40, "0");

type Ended<Result> = Promise<Outcome<Result>>;

/** Operations. Each takes the kills and faults of its process, and returns how it ended. */
export interface Operations {
  /** `chunkOf`: the build contains the chunk of this older version instead of a new one. */
  release(how?: RunOptions & { promote?: boolean; chunkOf?: string }): Ended<ReleaseResult>;
  resume(how?: RunOptions): Ended<ReleaseResult>;
  promote(id: string, how?: RunOptions): Ended<PromoteResult>;
  rollback(id: string | undefined, how?: RunOptions): Ended<PromoteResult>;
  recall(target: RecallTarget, how?: RunOptions): Ended<RecallResult>;
  retire(id: string, how?: RunOptions): Ended<Retirement>;
  janitor(how?: RunOptions): Ended<JanitorReport>;
}

/** The real operations of users and schedules. Each runs as a separate process that can be killed. */
export function operationsOn(world: World): Operations {
  return {
    release: (how = {}) =>
      work(world, how, (context, run) =>
        release({ ...releaseOptions(world, context, run, how.chunkOf), promote: how.promote ?? true }),
      ),
    resume: (how: RunOptions = {}) =>
      work(world, how, (context, run) =>
        resumeRelease({
          ...releaseOptions(world, context, run),
          promote: true,
          readBuilt: async (id) => filesOf(id),
        }),
      ),
    promote: (id: string, how: RunOptions = {}) => work(world, how, (context) => promoteVersion(id, context)),
    rollback: (id: string | undefined, how: RunOptions = {}) =>
      work(world, how, (context) => rollback(id, context)),
    recall: (target: RecallTarget, how: RunOptions = {}) =>
      work(world, how, (context) => recallVersions(target, { ...context, wait: false })),
    retire: (id: string, how: RunOptions = {}) => work(world, how, (context) => retireVersion(id, context)),
    janitor: (how: RunOptions = {}) =>
      work(world, { machine: LAMBDA, ...how }, ({ clock, ...context }) =>
        runJanitor({ ...context, clock, deadline: clock.now() + JANITOR_MS, log: () => {} }),
      ),
  };
}

function work<Result>(
  world: World,
  how: RunOptions,
  act: (context: OperationContext, run: Run) => Promise<Result>,
) {
  const run = new Run(world, how);
  const { clients, lifecycle, clock, fetch } = run;
  const { config, outputs } = world;
  const actor = `operator-${run.pid}`;
  const context = {
    config,
    outputs,
    clients,
    lifecycle,
    clock,
    fetch,
    actor,
    progress: QUIET,
  } as OperationContext;
  return run.finish(() => act(context, run));
}

const QUIET: OperationContext["progress"] = {
  step: (_, act) => act({ ...QUIET, note: () => {} }),
  say: () => {},
};

function releaseOptions(
  world: World,
  context: OperationContext,
  run: Run,
  chunkOf?: string,
): Omit<ReleaseOptions, "promote"> {
  return {
    ...context,
    readGit: async () => ({ commit: COMMIT, dirty: false }),
    async build(id) {
      await run.clock.sleep(1000);
      return { files: filesOf(id, chunkOf), image: await pushImage(world, run, id) };
    },
  };
}

/** Pushes the image. A push is not a call of the SDK, so it does not count among the calls of a run. */
async function pushImage(world: World, run: Run, id: string): Promise<string> {
  const imageManifest = JSON.stringify({ schemaVersion: 2, layers: [], annotations: { id } });
  const input = { repositoryName: REPOSITORY, imageManifest, imageTag: id };
  const call = { service: "ecr", action: "PutImage", input, run } as const;
  const { image } = await world.observe(call, () => world.call(call.service, call.action, input));
  return `${world.outputs.imageRepositoryUri}@${image.imageId.imageDigest}`;
}

/** Returns a page, a chunk that all versions share, and the chunk of one version. */
function filesOf(id: string, chunkOf = id) {
  const page = `<meta name="lockstep-version" content="${id}">`;
  return [
    file("assets/shared-1.js", "shared"),
    file(`assets/own-${chunkOf}.js`, chunkOf),
    { ...file(`builds/${id}/index.html`, page), metadata: { "lockstep-version": id } },
  ];
}

function file(key: string, text: string) {
  const shared = key.startsWith("assets/");
  return {
    key,
    path: `/dist/${key}`,
    body: Buffer.from(text),
    contentType: shared ? "text/javascript; charset=utf-8" : "text/html; charset=utf-8",
    cacheControl: shared ? "public, max-age=31536000, immutable" : "public, max-age=0, must-revalidate",
    md5: createHash("md5").update(text).digest("hex"),
    shared,
  };
}

/** Loads the modules that are imported on demand, so that no history waits for a module while its time passes. */
async function loadEverything(): Promise<void> {
  const world = await World.open(0);
  await operationsOn(world).release();
  await world.close();
}
await loadEverything();
