import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { readPlatformOutputs } from "@lockstep/infra/rehearsal";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Inspected, orphans, readLedger } from "../model/checks.ts";
import { seededRandom } from "../model/world.ts";
import type { RunningCommand } from "./commands.ts";
import { openStage, REGION, type Stage } from "./stage.ts";

// Real processes and real HTTP: ten releases are killed with SIGKILL at random calls to AWS. The next one runs to its end.
const STEP_MS = 180_000;
const KILLS = 10;
/** A release makes about this many calls. If it makes fewer, it ends before the kill. */
const CALLS = 55;
/** At least this many releases must be killed before they end. */
const FEWEST_KILLED = 6;
/** The nightly run uses a random seed. */
const SEED = Number(process.env.LOCKSTEP_SEED ?? 20_261_122);
const RELEASE = "infra/src/cli/release.ts";

let stage: Stage;
let build: string;

beforeAll(async () => {
  build = await mkdtemp(join(tmpdir(), "lockstep-build-"));
  // Short waits, and no scheduled run of the janitor during the test.
  stage = await openStage('edge: { ...local.edge, mapTtlSeconds: "1s" }, janitor: { everyMinutes: 60 }');
  await Promise.all([stage.deploy(), stage.run("infra/src/cli/build.ts", ["--out", join(build, "kept")])]);
}, STEP_MS);

afterAll(async () => {
  await stage?.close();
  await rm(build, { recursive: true, force: true });
}, STEP_MS);

const skipBuild = () => ["--skip-build", join(build, "kept"), "--allow-dirty"];

describe("a release that is killed with SIGKILL", () => {
  it(`leaves current untouched and no orphans, ${KILLS} times (seed ${SEED})`, {
    timeout: STEP_MS,
  }, async () => {
    console.log(`LOCKSTEP_SEED=${SEED}`);
    const random = seededRandom(SEED);
    await stage.run(RELEASE, skipBuild());
    let killed = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      if (await killRelease(1 + Math.floor(random() * CALLS), random() < 0.5 ? "before" : "after")) killed++;
      await expectNoSkew(stage.url);
      await expectNoSkew(stage.otherEdgeUrl);
    }
    console.log(`${killed} of ${KILLS} releases were killed`);
    expect(killed).toBeGreaterThanOrEqual(FEWEST_KILLED);
    const last = JSON.parse(await stage.run(RELEASE, [...skipBuild(), "--json"]));
    expect(last).toMatchObject({ current: last.id, page: "seen" });
    await runJanitorUntilDone();
    expect(await orphans(await inspect())).toEqual([]);
    const states = Object.values((await readLedger(await inspect()))!.versions).map(({ state }) => state);
    expect(states.filter((state) => !["current", "superseded", "retired"].includes(state))).toEqual([]);
  });
});

/** Starts a release and kills it at its nth call to AWS. @returns `false` if the release ended before that call */
async function killRelease(call: number, phase: "before" | "after"): Promise<boolean> {
  const { faults } = stage.aws;
  const around = faults.around;
  const killed = Promise.withResolvers<void>();
  let running: RunningCommand | undefined;
  let count = 0;
  let wasKilled = false;
  faults.around = async (service, action, act) => {
    // Calls to SSM do not count, because edges read the map too.
    if (service === "ssm" || ++count !== call)
      return around.call(faults, service, action, act) as ReturnType<typeof act>;
    // The call itself may fail: a release also asks for a stack that does not exist.
    if (phase === "after") await act().catch(() => {});
    wasKilled = true;
    killed.resolve(running!.kill());
    return never();
  };
  running = stage.start(RELEASE, skipBuild());
  await Promise.race([killed.promise, running.ended]);
  faults.around = around;
  return wasKilled;
}

function never(): Promise<never> {
  return new Promise(() => {});
}

/** Expects page, cookie and the API's answer to that page to be of one version. */
async function expectNoSkew(url: string): Promise<void> {
  const page = await fetch(`${url}/`, { headers: { accept: "text/html", "sec-fetch-dest": "document" } });
  const version = /name="lockstep-version" content="([^"]+)"/.exec(await page.text())?.[1];
  expect([page.status, page.headers.getSetCookie()[0]?.split(";")[0]]).toEqual([
    200,
    `__Host-lockstep=${version}`,
  ]);
  const api = await fetch(`${url}/api/health`, { headers: { "x-lockstep-version": version! } });
  expect([api.status, api.headers.get("x-lockstep-served")]).toEqual([200, version]);
}

async function runJanitorUntilDone(): Promise<void> {
  for (let postponed = ["everything"]; postponed.length > 0; ) {
    const report = JSON.parse(await stage.run("infra/src/cli/lockstep.ts", ["janitor", "run", "--json"]));
    expect(report.failed).toEqual([]);
    postponed = report.postponed;
  }
}

async function inspect(): Promise<Inspected> {
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const cloudformation = new CloudFormationClient({
    region: REGION,
    endpoint: stage.aws.endpoint,
    credentials,
  });
  const app = "lockstep";
  const outputs = await readPlatformOutputs(cloudformation, app);
  return {
    app,
    outputs,
    call: (service, action, input) => stage.aws.cloud.call(service, action, input, { region: REGION }),
  };
}
