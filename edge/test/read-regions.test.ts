import { describe, expect, it } from "vitest";
import { createRegionsReader } from "../src/route/read-regions.ts";

const works = (region: string) => ({ region, read: async () => `map of ${region}` });
const fails = (region: string) => ({
  region,
  read: async () => {
    throw new Error(`${region} is down`);
  },
});

function reader(...readers: ReturnType<typeof works>[]) {
  const events: [string, object][] = [];
  return { read: createRegionsReader(readers, (event, details) => events.push([event, details])), events };
}

describe("createRegionsReader()", () => {
  it("asks the first region alone while it answers", async () => {
    const { read, events } = reader(works("eu-west-1"), fails("us-east-1"));
    expect([await read(), events]).toEqual(["map of eu-west-1", []]);
  });

  it("asks the second when the first fails, and says so", async () => {
    const { read, events } = reader(fails("eu-west-1"), works("us-east-1"));
    expect(await read()).toBe("map of us-east-1");
    expect(events).toEqual([["region-unreadable", { region: "eu-west-1", reason: "eu-west-1 is down" }]]);
  });

  it("fails as the last one fails", async () => {
    await expect(reader(fails("eu-west-1"), fails("us-east-1")).read()).rejects.toThrow("us-east-1 is down");
    await expect(reader(fails("eu-west-1")).read()).rejects.toThrow("eu-west-1 is down");
  });
});
