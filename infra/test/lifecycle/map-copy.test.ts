import { parseVersionMap } from "@lockstep/edge/version-map";
import { describe, expect, it } from "vitest";
import { createLifecycle } from "../../src/lifecycle/lifecycle.ts";
import { createFakeAws } from "./fake-aws.ts";
import { idOf, releaseOf, sampleConfig, sampleOutputs } from "./samples.ts";

/** Two regions: the app's, and that of the map's copy. */
async function twoRegions() {
  const [here, there] = [createFakeAws(), createFakeAws()];
  const lifecycle = createLifecycle({
    config: { ...sampleConfig(), edge: { ...sampleConfig().edge, mapFallbackRegion: "us-east-1" } },
    outputs: sampleOutputs,
    clients: { ...here.clients, ssmOfMapCopy: there.clients.ssm },
    process: { host: "test", pid: 1 },
    clock: { now: () => 0, sleep: async () => {} },
  });
  await lifecycle.apply(releaseOf(idOf(1)), { actor: "test" });
  return { here, there, lifecycle };
}

describe("the copy of the map", () => {
  it("is written before the map, and says the same", async () => {
    const { here, there, lifecycle } = await twoRegions();
    const before = here.parameter;
    there.onCall = async (phase, name) => {
      if (phase === "after" && name === "ssm:PutParameter") expect(here.parameter).toBe(before);
    };
    await lifecycle.publishMap();
    expect(parseVersionMap(there.parameter!).current).toBe(idOf(1));
    expect(here.parameter).toBe(there.parameter);
  });

  it("fails the step by its name when it cannot be written, and leaves the map as it is", async () => {
    const { here, there, lifecycle } = await twoRegions();
    const before = here.parameter;
    there.onCall = async () => {
      throw new Error("connect ETIMEDOUT");
    };
    await expect(lifecycle.publishMap()).rejects.toMatchObject({
      code: "MAP_COPY_UNWRITTEN",
      message: expect.stringMatching(/us-east-1: connect ETIMEDOUT/),
    });
    expect(here.parameter).toBe(before);
  });
});
