import { expect, it } from "vitest";
import type { Progress } from "../../src/base/progress.ts";
import { promoteVersion } from "../../src/operations/promote.ts";
import { createStage } from "../janitor/stage.ts";
import { idOf, releaseOf } from "../lifecycle/samples.ts";

const [old, current] = [idOf(1), idOf(2)] as const;
const progress: Progress = { step: (_, act) => act({ ...progress, note: () => {} }), say: () => {} };

it("promoteVersion() raises the minimum and the tasks again if the janitor lowers them during the promotion", async () => {
  const stage = await createStage({ protection: { enabled: false } });
  for (const id of [old, current]) {
    await stage.make(id, []);
    await stage.apply(releaseOf(id));
  }
  Object.assign(stage.config.api, { minTasks: 2 });
  await stage.aws.scale(current, 4);
  await stage.aws.putFewest(old, 1);
  const minimums: (number | undefined)[] = [];
  let shrunk = false;
  stage.aws.onCall = async (phase, name, _input, result) => {
    if (phase === "before" && name === "ecs:UpdateService") minimums.push(await stage.aws.fewestOf(old));
    if (phase !== "after" || name !== "elbv2:DescribeTargetHealth" || shrunk) return;
    const healthy = result.TargetHealthDescriptions.filter(
      (each: any) => each.TargetHealth.State === "healthy",
    );
    if (healthy.length < 4) return;
    shrunk = true; // scaled up and healthy, not current yet
    await stage.aws.putFewest(old, 1);
    await stage.aws.scale(old, 1);
  };
  const page = `<meta name="lockstep-version" content="${old}">`;
  const fetch = async () => new Response(page);
  await stage.time.until(() => promoteVersion(old, { ...stage.options, actor: "test", progress, fetch }));
  expect(await stage.aws.tasksOf(old)).toEqual({ desired: 4, running: 4 });
  expect(await stage.aws.fewestOf(old)).toBe(2);
  expect(minimums).toEqual([2, 2]);
  expect(stage.aws.events).toEqual([
    ["Version Promoted", { schema: 1, app: "shop", version: old, actor: "test", previous: current }],
  ]);
});
