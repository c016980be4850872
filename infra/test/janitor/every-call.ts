import { idOf, releaseOf } from "../lifecycle/samples.ts";
import { createLooseResources } from "./loose-resources.ts";
import { createStage } from "./stage.ts";

const HOUR = 3_600_000;

/** Runs the janitor with every kind of work, and returns its calls to AWS, as `<service>:<action>`. */
export async function callsOfTheJanitor(): Promise<Set<string>> {
  const [old, current, busy, lost, dead] = [1, 2, 3, 4, 5].map(idOf) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const stage = await createStage();
  Object.assign(stage.config.api, { minTasks: 3 });
  for (const id of [old, current, busy]) {
    await stage.make(id, [`${id}.js`]);
    await stage.apply(releaseOf(id));
  }
  await stage.apply([{ type: "promote", id: current }]);
  await createLooseResources(lost, stage.aws);
  await stage.aws.pushImage(lost);
  await stage.createVersionStack(dead);
  await stage.lifecycle.manifests.write(lost, new Map());
  await stage.lifecycle.leases.take(dead);
  stage.aws.calls.length = 0;
  for (const hours of [2, 22, 24, 2]) {
    await stage.time.skip(hours * HOUR);
    await stage.run();
  }
  return new Set(stage.aws.calls);
}
