import { expect, it } from "vitest";
import type { Progress } from "../../src/base/progress.ts";
import { promoteVersion } from "../../src/operations/promote.ts";
import { createStage } from "../janitor/stage.ts";
import { idOf, releaseOf } from "../lifecycle/samples.ts";

const [old, current] = [idOf(1), idOf(2)] as const;
const progress: Progress = { step: (_, act) => act({ ...progress, note: () => {} }), say: () => {} };

it("promoteVersion() raises the minimum and the tasks again if the janitor lowers them during the promotion", async () => {
  const stage = createStage({ protection: { enabled: false } });
  for (const id of [old, current]) {
    await stage.make(id, []);
    stage.aws.objects.get(`web/builds/${id}/index.html`)!.input = { Metadata: { "lockstep-version": id } };
    await stage.apply(releaseOf(id));
  }
  Object.assign(stage.config.api, { minTasks: 2 });
  stage.aws.services.set(current, { desired: 4, running: 4 });
  stage.aws.fewest.set(old, 1);
  const minimums: (number | undefined)[] = [];
  let shrunk = false;
  stage.aws.onCall = (phase, name) => {
    if (phase === "before" && name === "ecs:UpdateService") minimums.push(stage.aws.fewest.get(old));
    if (phase !== "after" || name !== "elb:DescribeTargetHealth" || shrunk) return;
    shrunk = true; // scaled up and healthy, not current yet
    stage.aws.fewest.set(old, 1);
    stage.aws.services.set(old, { desired: 1, running: 1 });
  };
  const page = `<meta name="lockstep-version" content="${old}">`;
  const fetch = async () => new Response(page);
  await promoteVersion(old, { ...stage.options, actor: "test", progress, fetch });
  expect(stage.aws.services.get(old)).toEqual({ desired: 4, running: 4 });
  expect(stage.aws.fewest.get(old)).toBe(2);
  expect(minimums).toEqual([2, 2]);
  expect(stage.aws.events).toEqual([
    ["Version Promoted", { schema: 1, app: "shop", version: old, actor: "test", previous: current }],
  ]);
});
