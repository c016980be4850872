import { idOf, releaseOf } from "../lifecycle/samples.ts";
import { createStage } from "./stage.ts";

const HOUR = 3_600_000;

/** Runs the janitor with every kind of work, and returns the names of its calls to AWS. */
export async function callsOfTheJanitor(): Promise<Set<string>> {
  const [old, current, busy, lost, dead] = [1, 2, 3, 4, 5].map(idOf) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const stage = createStage();
  Object.assign(stage.config.api, { minTasks: 3 });
  for (const id of [old, current, busy]) {
    await stage.make(id, [`${id}.js`]);
    await stage.apply(releaseOf(id));
  }
  await stage.apply([{ type: "promote", id: current }]);
  const account = "eu-west-1:123456789012";
  for (const arn of [
    `arn:aws:ecs:${account}:service/shop/${lost}`,
    `arn:aws:elasticloadbalancing:${account}:listener-rule/app/shop/1/2/3`,
    `arn:aws:elasticloadbalancing:${account}:targetgroup/ls-${lost}/1`,
    `arn:aws:logs:${account}:log-group:/lockstep/shop/${lost}`,
  ])
    stage.aws.tagged.push({ arn, app: "shop", id: lost });
  stage.aws.images.set("sha256:lost", [lost]);
  stage.aws.stacks.set(`shop-v-${dead}`, "CREATE_COMPLETE");
  await stage.lifecycle.manifests.write(lost, new Map());
  await stage.lifecycle.leases.take(dead);
  stage.aws.calls.length = 0;
  for (const hours of [2, 22, 24, 2]) {
    stage.clock.now += hours * HOUR;
    await stage.run();
  }
  return new Set(stage.aws.calls);
}
