import { describe, expect, it } from "vitest";
import type { AppResource } from "../../src/janitor/evidence/app-resources.ts";
import { findOrphans, selectOrphans } from "../../src/janitor/plan/find-orphans.ts";
import type { LedgerEvent } from "../../src/lifecycle/ledger-event.ts";
import { deployOf, idOf, ledgerAfter, releaseOf } from "../lifecycle/samples.ts";
import { createStage } from "./stage.ts";

const HOUR = 3_600_000;
const [current, lost, young] = [idOf(1), idOf(2), idOf(3)] as const;
/** Two days after the ids. */
const NOW = Date.UTC(2026, 10, 24);
const ledger = ledgerAfter(releaseOf(current));
const none = new Map<string, "running" | "died">();
const stackOf = (id: string): AppResource => ({ kind: "stack", ids: [id], name: `arn:stack/${id}` });
const gone = ["drain", "unroute", "dismantle", "retire"] as const;

describe("selectOrphans()", () => {
  it("selects a resource whose version is not in the ledger", () => {
    expect(selectOrphans([stackOf(lost), stackOf(current)], ledger, none, NOW)).toEqual([
      { kind: "stack", id: lost, name: `arn:stack/${lost}`, reason: `${lost} is not in the ledger` },
    ]);
  });

  it("leaves resources of a running release, by its lease and by their age", () => {
    expect(selectOrphans([stackOf(lost)], ledger, new Map([[lost, "running"]]), NOW)).toEqual([]);
    expect(selectOrphans([stackOf(young)], ledger, none, Date.UTC(2026, 10, 22, 0, 30))).toEqual([]);
    expect(selectOrphans([stackOf(lost)], ledger, new Map([[lost, "died"]]), NOW)).toHaveLength(1);
    const deploying = ledgerAfter([deployOf(lost)], 0, ledger);
    expect(selectOrphans([stackOf(lost)], deploying, none, NOW)).toEqual([]);
  });

  it("selects the stack of a retired version after an hour, but not its files and image", () => {
    const superseded = ledgerAfter([...releaseOf(lost)], NOW - 9 * HOUR, ledger);
    const events = gone.map((type) => ({ type, id: current }) as LedgerEvent);
    const retired = ledgerAfter(events, NOW - 2 * HOUR, superseded);
    const all = (["stack", "image", "files", "manifest"] as const).map((kind) => ({
      kind,
      ids: [current],
      name: kind,
    }));
    expect(selectOrphans(all, retired, none, NOW).map(({ kind }) => kind)).toEqual(["stack"]);
    expect(selectOrphans(all, retired, none, NOW - 1.5 * HOUR)).toEqual([]);
  });

  it("leaves an image that a version uses, by its digest or by one of its tags", () => {
    const digest = ledger.versions[current]!.image.split("@")[1]!;
    const image = (name: string, ...ids: string[]): AppResource => ({ kind: "image", ids, name });
    expect(selectOrphans([image(digest, lost)], ledger, none, NOW)).toEqual([]);
    expect(selectOrphans([image("sha256:other", lost, current)], ledger, none, NOW)).toEqual([]);
    expect(selectOrphans([image("sha256:other", lost)], ledger, none, NOW)).toHaveLength(1);
  });

  it("leaves resources that are deleted together with a stack", () => {
    const service: AppResource = { kind: "service", ids: [lost], name: "service" };
    expect(selectOrphans([service, stackOf(lost)], ledger, none, NOW).map(({ kind }) => kind)).toEqual([
      "stack",
    ]);
    expect(selectOrphans([service], ledger, none, NOW)).toHaveLength(1);
  });
});

describe("findOrphans() and runJanitor()", () => {
  const account = "eu-west-1:123456789012";
  const tagged = {
    service: `arn:aws:ecs:${account}:service/shop/${lost}`,
    rule: `arn:aws:elasticloadbalancing:${account}:listener-rule/app/shop/1/2/3`,
    "target-group": `arn:aws:elasticloadbalancing:${account}:targetgroup/ls-${lost}/1`,
    "log-group": `arn:aws:logs:${account}:log-group:/lockstep/shop/${lost}`,
  };

  async function stageWithOrphans() {
    const stage = createStage();
    await stage.make(current, ["a-1.js"]);
    await stage.apply(releaseOf(current));
    for (const arn of Object.values(tagged)) stage.aws.tagged.push({ arn, app: "shop", id: lost });
    stage.aws.services.set(lost, { desired: 1, running: 1 });
    stage.aws.images.set("sha256:lost", [lost]);
    stage.aws.objects.set(`web/builds/${lost}/index.html`, { body: "", etag: '"1"', at: 0, input: {} });
    await stage.lifecycle.manifests.write(lost, new Map());
    return stage;
  }

  it("find and remove every kind of orphan once", async () => {
    const stage = await stageWithOrphans();
    const orphans = await findOrphans(stage.options);
    expect(orphans.map(({ kind }) => kind).sort()).toEqual([
      "files",
      "image",
      "log-group",
      "manifest",
      "rule",
      "service",
      "target-group",
    ]);
    const { done, failed } = await stage.run();
    expect([done.length, failed]).toEqual([7, []]);
    expect(await findOrphans(stage.options)).toEqual([]);
    expect((await stage.run()).done).toEqual([]);
    expect(stage.files()).toEqual(["assets/a-1.js", `builds/${current}/index.html`]);
    expect(await stage.lifecycle.manifests.read(current)).toBeDefined();
  });

  it("leave resources with another app's tag, no tag, or a tag that is not a version id", async () => {
    const stage = await stageWithOrphans();
    stage.aws.tagged.length = 0;
    stage.aws.tagged.push({ arn: tagged.service, app: "other", id: lost });
    stage.aws.tagged.push({ arn: tagged.rule, app: "shop", id: "staging" });
    stage.aws.images.clear();
    stage.aws.images
      .set("sha256:base", ["base-image"])
      .set("sha256:both", [lost, "keep-me"])
      .set("sha256:none", []);
    stage.aws.objects.set("web/builds/readme.txt", { body: "", etag: '"1"', at: 0, input: {} });
    const kinds = (await findOrphans(stage.options)).map(({ kind }) => kind);
    expect(kinds.sort()).toEqual(["files", "manifest"]); // of `lost`
    await stage.run();
    expect([stage.aws.tagged.length, stage.aws.images.size]).toEqual([2, 3]);
    expect(stage.files()).toContain("builds/readme.txt");
  });

  it("delete a stack that was created after its version was retired", async () => {
    const stage = await stageWithOrphans();
    await stage.apply([
      deployOf(young),
      { type: "fail", id: young },
      { type: "dismantle", id: young },
      { type: "retire", id: young },
    ]);
    stage.aws.stacks.set(`shop-v-${young}`, "CREATE_COMPLETE");
    await stage.run();
    expect(stage.aws.stacks.has(`shop-v-${young}`)).toBe(true);
    stage.clock.now += HOUR;
    expect((await stage.run()).done).toContainEqual(
      expect.objectContaining({ orphan: "stack", name: expect.stringContaining(`shop-v-${young}`) }),
    );
    expect(stage.aws.stacks.has(`shop-v-${young}`)).toBe(false);
  });

  it("read the ledger again before each removal", async () => {
    const stage = await stageWithOrphans();
    let entered = false;
    stage.aws.onCall = async (phase, name) => {
      if (phase !== "after" || name !== "cloudwatch:GetMetricData" || entered) return;
      entered = true;
      await stage.apply([deployOf(lost)]);
    };
    await stage.run();
    expect(stage.aws.tagged).toHaveLength(4);
    expect(stage.aws.images.size).toBe(1);
  });

  it("do not report resources that AWS lists although they are deleted", async () => {
    const stage = await stageWithOrphans();
    stage.aws.onCall = (phase, name) => {
      if (phase === "before" && name === "ecs:DeleteService")
        throw Object.assign(new Error("no"), { name: "ServiceNotFoundException" });
    };
    const { done, failed } = await stage.run();
    expect([done.length, failed]).toEqual([6, []]);
  });

  it("report it if tagged resources cannot be read, and continue with versions", async () => {
    const stage = await stageWithOrphans();
    stage.aws.onCall = (phase, name) => {
      if (phase === "before" && name === "tagging:GetResources") throw new Error("AccessDenied");
    };
    expect((await stage.run()).failed).toEqual([{ what: "tagged resources", message: "AccessDenied" }]);
    expect(stage.aws.images.size).toBe(1);
  });
});
