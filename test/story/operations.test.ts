import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ListBucketsCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStage, REGION, type Stage } from "./stage.ts";

// An operator's night. Each test continues where the previous one ended. Every command runs as a user types it.
const STEP_MS = 120_000;

let stage: Stage;
let kept: string;
let first: string;
let second: string;
let third: string;

beforeAll(async () => {
  stage = await openStage(
    "protection: { ...local.protection, graceSeconds: 3600, windowSeconds: 86400 }, edge: { ...local.edge, mapTtlSeconds: 1 }",
  );
  kept = join(await mkdtemp(join(tmpdir(), "lockstep-kept-")), "build");
  await stage.deploy();
}, STEP_MS);

afterAll(async () => {
  await stage?.close();
  if (kept !== undefined) await rm(join(kept, ".."), { recursive: true, force: true });
}, STEP_MS);

describe("an operator's night", () => {
  it("releases a saved build twice, and uploads no shared file twice", {
    timeout: STEP_MS,
  }, async () => {
    await stage.run("infra/src/cli/build.ts", ["--out", kept]);
    const words = await release("--reason", "first");
    first = words.id;
    const again = await stage.run("infra/src/cli/release.ts", ["--skip-build", kept, "--allow-dirty"]);
    second = idIn(again);
    expect(second > first).toBe(true);
    // Only files below the version's own prefix are uploaded again.
    const files = await readdir(join(kept, "web"), { recursive: true, withFileTypes: true });
    const [shared, own] = [true, false].map(
      (wanted) =>
        files.filter((file) => file.isFile() && /\bassets$/.test(file.parentPath) === wanted).length,
    );
    expect(again).toMatch(new RegExp(`Upload files .* ${own} new, ${shared} there already`));
    expect(await pageVersion()).toBe(second);
    // An edge may use the previous map until its TTL is over.
    await expect.poll(() => served({}), { timeout: 5000 }).toBe(second);
    expect(await served({ "x-lockstep-version": first })).toBe(first);
  });

  it("publishes a version without promoting it, and promotes it later", {
    timeout: STEP_MS,
  }, async () => {
    const text = await stage.run("infra/src/cli/release.ts", [
      "--skip-build",
      kept,
      "--allow-dirty",
      "--no-promote",
    ]);
    third = /^(\S+) is published /m.exec(text)![1]!;
    expect(text).toContain(`still receive ${second}`);
    expect(text).toContain(`Next: npm run lockstep -- promote ${third} --local`);
    expect(await pageVersion()).toBe(second);
    expect(await served({ "x-lockstep-version": third })).toBe(third);
    expect(JSON.parse(await lockstep("promote", third, "--json"))).toMatchObject({
      current: third,
      previous: second,
      page: "seen",
    });
    expect(await pageVersion()).toBe(third);
  });

  it("rolls back one version, then another, and open pages keep their version", {
    timeout: STEP_MS,
  }, async () => {
    const text = await lockstep("rollback", "--reason", "checkout fails");
    expect(text).toContain(`${second} is now live`);
    expect(await pageVersion()).toBe(second);
    expect(await served({ "x-lockstep-version": third })).toBe(third);
    expect(await lockstep("rollback")).toContain(`${first} is now live`);
    const history = await lockstep("history");
    expect(history).toMatch(new RegExp(`promote +${second} +\\S+ +checkout fails`));
  });

  it("explains which version would answer, and why", async () => {
    const explanation = JSON.parse(
      await lockstep(
        "explain",
        `/api/orders?lockstep=${third}`,
        "--cookie",
        `__Host-lockstep=${first}`,
        "--json",
      ),
    );
    expect(explanation.answer).toBe(`answered by ${third} (pinned)`);
    expect(JSON.stringify(explanation.steps)).toContain(`${third} is in it`);
  });

  it("recalls a bad version: its pages get a 409 immediately, and it cannot be promoted again", {
    timeout: STEP_MS,
  }, async () => {
    const text = await lockstep("recall", "--only", third, "--no-wait", "--reason", "loses orders");
    expect(text).toContain("answered with urn:lockstep:version-gone");
    expect(await statusOf({ "x-lockstep-version": third })).toBe(409);
    expect(await served({ "x-lockstep-version": second })).toBe(second);
    await expect(lockstep("promote", third)).rejects.toThrow(/RECALLED.*loses orders/s);
  });

  it("retires the recalled version by hand, and refuses to retire versions that are needed", {
    timeout: STEP_MS,
  }, async () => {
    await expect(lockstep("retire", first)).rejects.toThrow(/IS_CURRENT/);
    await expect(lockstep("retire", second)).rejects.toThrow(/STILL_NEEDED/);
    expect(await lockstep("retire", third)).toContain(`${third} is retired`);
    const { versions } = JSON.parse(await lockstep("versions", "--json"));
    expect(versions.find(({ id }: { id: string }) => id === third)).toMatchObject({ state: "retired" });
  });

  it("restores a damaged ledger", { timeout: STEP_MS }, async () => {
    await damageLedger();
    await expect(lockstep("versions")).rejects.toThrow(/LEDGER_DAMAGED.*doctor --fix --local/s);
    expect(await served({ "x-lockstep-version": second })).toBe(second);
    await expect(lockstep("doctor")).rejects.toThrow(/LEDGER_DAMAGED .*The last valid copy is revision \d+/s);
    const fixed = await lockstep("doctor", "--fix");
    expect(fixed).toMatch(/restored the ledger as revision \d+/);
    expect(fixed).toContain("All resources match the ledger");
    expect(await lockstep("history")).toMatch(/restore .*from revision \d+/);
    expect(await lockstep("versions")).toContain(`current is ${first}`);
  });

  it("resumes a release that was killed", { timeout: STEP_MS }, async () => {
    const killed = stage.start("infra/src/cli/release.ts", ["--skip-build", kept, "--allow-dirty"]);
    await killed.printed(/Upload files/);
    await killed.kill();
    const { versions } = JSON.parse(await lockstep("versions", "--json"));
    expect(versions[0]).toMatchObject({ state: "deploying" });
    expect(await pageVersion()).toBe(first);
    const text = await stage.run("infra/src/cli/release.ts", ["--resume"]);
    expect(text).toContain(`${versions[0].id} is now live`);
    expect(await pageVersion()).toBe(versions[0].id);
    expect(await lockstep("doctor")).toContain("All resources match the ledger");
  });
});

async function release(...options: string[]): Promise<{ id: string }> {
  const text = await stage.run("infra/src/cli/release.ts", [
    "--skip-build",
    kept,
    "--allow-dirty",
    "--json",
    ...options,
  ]);
  return JSON.parse(text);
}

async function damageLedger(): Promise<void> {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const s3 = new S3Client({
    endpoint: stage.aws.endpoint,
    region: REGION,
    credentials,
    forcePathStyle: true,
  });
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  const Bucket = Buckets.find(({ Name }) => Name?.includes("statebucket"))!.Name;
  await s3.send(new PutObjectCommand({ Bucket, Key: "ledger.json", Body: "{oops" }));
  s3.destroy();
}

function lockstep(...args: string[]): Promise<string> {
  return stage.run("infra/src/cli/lockstep.ts", args);
}

function idIn(text: string): string {
  return /(\S+) is now live/.exec(text)![1]!;
}

async function pageVersion(): Promise<string | undefined> {
  const page = await fetch(`${stage.url}/`, {
    headers: { "sec-fetch-dest": "document", accept: "text/html" },
  });
  return /name="lockstep-version" content="([^"]+)"/.exec(await page.text())?.[1];
}

async function ask(headers: Record<string, string>): Promise<Response> {
  const response = await fetch(`${stage.url}/api/health`, { headers });
  await response.body?.cancel();
  return response;
}

async function served(headers: Record<string, string>): Promise<string | null> {
  return (await ask(headers)).headers.get("x-lockstep-served");
}

async function statusOf(headers: Record<string, string>): Promise<number> {
  return (await ask(headers)).status;
}
