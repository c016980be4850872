import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/config.ts";
import type { Ledger } from "../../src/lifecycle/ledger.ts";
import type { OperationContext } from "../../src/versions/context.ts";
import { matchCapacity, startingTasks } from "../../src/versions/match-capacity.ts";

type Arguments = Parameters<typeof startingTasks>;

const ID = "20261122-101500-1f3a9c2";

async function startingBeside(desiredCount: number | undefined): Promise<number> {
  const config = await loadConfig("lockstep.config.ts"); // 1 to 4 tasks
  const services =
    desiredCount === undefined ? [] : [{ serviceName: ID, desiredCount, runningCount: desiredCount }];
  const ecs = { send: async () => ({ services }) };
  const ledger = { current: ID, versions: { [ID]: { service: ID } } } as unknown as Arguments[0];
  const context = {
    config,
    clients: { ecs },
    outputs: { clusterName: "lockstep" },
  } as unknown as Arguments[1];
  return startingTasks(ledger, context);
}

describe("startingTasks()", () => {
  it.each([
    ["the tasks of current", 3, 3],
    ["the tasks of current, even above api.maxTasks", 9, 9],
    ["the minimum if current has no tasks", 0, 1],
    ["the minimum if current's service does not exist", undefined, 1],
  ])("is %s", async (_what, running, expected) => {
    expect(await startingBeside(running)).toBe(expected);
  });
});

describe("matchCapacity()", () => {
  it.each([
    ["scales up a version that was started when current was smaller", 1, 3, 3],
    ["does not scale down a version that has more tasks", 4, 2, 4],
  ])("%s", async (_what, there, running, expected) => {
    const [id, current] = ["20261122-111500-1f3a9c2", ID];
    const desired = new Map([
      [id, there],
      [current, running],
    ]);
    const ecs = {
      async send({ input }: { input: { services?: string[]; service?: string; desiredCount?: number } }) {
        if (input.service !== undefined) desired.set(input.service, input.desiredCount!);
        const services = input.services ?? [];
        return {
          services: services.map((serviceName) => ({ serviceName, desiredCount: desired.get(serviceName) })),
        };
      },
    };
    const healthy = { TargetHealth: { State: "healthy" } };
    const elb = {
      send: async () => ({
        TargetHealthDescriptions: Array.from({ length: desired.get(id)! }, () => healthy),
      }),
    };
    const context = {
      config: await loadConfig("lockstep.config.ts"),
      clients: { ecs, elb },
      outputs: { clusterName: "lockstep" },
      clock: { now: () => 0, sleep: async () => {} },
    } as unknown as OperationContext;
    const versions = { [id]: { service: id }, [current]: { service: current } };
    const words = await matchCapacity(id, "arn", { current, versions } as unknown as Ledger, context);
    expect(desired.get(id)).toBe(expected);
    expect(words).toBe(there < running ? `${expected} healthy, ${there} before` : `${expected} healthy`);
  });
});
