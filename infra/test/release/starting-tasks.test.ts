import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/config.ts";
import { startingTasks } from "../../src/release/preflight.ts";

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
    ["what current runs", 3, 3],
    ["what current runs, even past api.maxTasks", 9, 9],
    ["the least when current was scaled to nothing", 0, 1],
    ["the least when current's service is missing", undefined, 1],
  ])("is %s", async (_what, running, expected) => {
    expect(await startingBeside(running)).toBe(expected);
  });
});
