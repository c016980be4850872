import { expect, it } from "vitest";
import type { Progress } from "../../src/base/progress.ts";
import { recallVersions } from "../../src/operations/recall.ts";
import { createStage } from "../janitor/stage.ts";
import { idOf, releaseOf } from "../lifecycle/samples.ts";

const [first, second, current] = [idOf(1), idOf(2), idOf(3)] as const;

it("recallVersions() sends one event for each version that it recalls, and none when it runs again", async () => {
  const stage = await createStage({ protection: { enabled: false } });
  for (const id of [first, second, current]) {
    await stage.make(id, []);
    await stage.apply(releaseOf(id));
  }
  const said: string[] = [];
  const progress: Progress = {
    step: (_, act) => act({ ...progress, note: () => {} }),
    say: (line) => said.push(line),
  };
  const context = { ...stage.options, actor: "ada", reason: "loses orders", progress, wait: false };
  expect((await recallVersions({ below: current }, context)).recalled).toEqual([first, second]);
  await recallVersions({ below: current }, context);
  expect(stage.aws.events).toEqual(
    [first, second].map((version) => [
      "Version Recalled",
      { schema: 1, app: "shop", version, actor: "ada", reason: "loses orders" },
    ]),
  );
  expect(said).toEqual([]);
});
