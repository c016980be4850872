import { describe, expect, it } from "vitest";
import type { AppResource } from "../../src/janitor/evidence/app-resources.ts";
import { findOrphans, selectOrphans } from "../../src/janitor/plan/find-orphans.ts";
import type { LedgerEvent } from "../../src/lifecycle/ledger-event.ts";
import { deployOf, idOf, ledgerAfter, releaseOf } from "../lifecycle/samples.ts";
import { ALL_KINDS, createLooseResources, looseResources } from "./loose-resources.ts";
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
  async function stageWithOrphans() {
    const stage = await createStage();
    await stage.make(current, ["a-1.js"]);
    await stage.apply(releaseOf(current));
    await createLooseResources(lost, stage.aws);
    await stage.aws.pushImage(lost);
    await stage.aws.objects.put("web", `builds/${lost}/index.html`, "");
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
    expect(await stage.files()).toEqual(["assets/a-1.js", `builds/${current}/index.html`]);
    expect(await stage.lifecycle.manifests.read(current)).toBeDefined();
  });

  it("leave resources with another app's tag, no tag, or a tag that is not a version id", async () => {
    const stage = await stageWithOrphans();
    await createLooseResources(idOf(7), stage.aws, { app: "other", version: idOf(7) });
    await createLooseResources(idOf(8), stage.aws, { app: "shop", version: "staging" });
    await createLooseResources(idOf(9), stage.aws, {});
    await stage.aws.pushImage("base-image");
    await stage.aws.pushImage(young, "keep-me");
    await stage.aws.pushImage();
    await stage.aws.objects.put("web", "builds/readme.txt", "");
    const orphans = await findOrphans(stage.options);
    expect(new Set(orphans.map(({ id }) => id))).toEqual(new Set([lost]));
    await stage.run();
    for (const id of [idOf(7), idOf(8), idOf(9)])
      expect(await looseResources(id, stage.aws)).toEqual(ALL_KINDS);
    expect(await stage.aws.images()).toEqual([["every-version"], ["base-image"], [young, "keep-me"], []]);
    expect(await stage.files()).toContain("builds/readme.txt");
  });

  it("delete a stack that was created after its version was retired", async () => {
    const stage = await stageWithOrphans();
    await stage.apply([
      deployOf(young),
      { type: "fail", id: young },
      { type: "dismantle", id: young },
      { type: "retire", id: young },
    ]);
    await stage.createVersionStack(young);
    await stage.run();
    expect(await stage.aws.stacks()).toContain(`shop-v-${young}`);
    await stage.time.skip(HOUR);
    expect((await stage.run()).done).toContainEqual(
      expect.objectContaining({ orphan: "stack", name: expect.stringContaining(`shop-v-${young}`) }),
    );
    expect(await stage.aws.stacks()).not.toContain(`shop-v-${young}`);
  });

  it("read the ledger again before each removal", async () => {
    const stage = await stageWithOrphans();
    let entered = false;
    stage.aws.onCall = async (phase, name) => {
      if (phase !== "after" || name !== "monitoring:GetMetricData" || entered) return;
      entered = true;
      await stage.apply([deployOf(lost)]);
    };
    await stage.run();
    expect(await looseResources(lost, stage.aws)).toEqual(ALL_KINDS);
    expect(await stage.aws.images()).toContainEqual([lost]);
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
    expect(await stage.aws.images()).toContainEqual([lost]);
  });
});
