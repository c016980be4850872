import { describe, expect, it } from "vitest";
import { machineName } from "../../src/lifecycle/machine.ts";
import { createLeaseStore, LEASE_SECONDS } from "../../src/lifecycle/release-lease.ts";
import { createFakeAws } from "./fake-aws.ts";
import { idOf } from "./samples.ts";

function setUp() {
  const clock = { now: 1_000_000 };
  const aws = createFakeAws({ now: () => clock.now });
  const living = new Set([1, 2]);
  const on = (host: string, pid: number) =>
    createLeaseStore({
      s3: aws.clients.s3,
      bucket: "state",
      host,
      pid,
      isAlive: (asked) => living.has(asked),
      now: () => clock.now,
    });
  return { aws, clock, living, on };
}

describe("release leases", () => {
  it("give an id to one release only", async () => {
    const { on } = setUp();
    expect(await on("here", 1).take(idOf(1))).toBe(true);
    expect(await on("there", 1).take(idOf(1))).toBe(false);
  });

  it("of a killed process on this machine are known to be dead at once", async () => {
    const { on, living } = setUp();
    await on("here", 1).take(idOf(1));
    await on("here", 2).take(idOf(2));
    living.delete(1);
    expect([...(await on("here", 2).list())]).toEqual([
      [idOf(1), "died"],
      [idOf(2), "running"],
    ]);
  });

  it("of another machine live until they were not renewed for a while", async () => {
    const { on, clock } = setUp();
    await on("there", 77).take(idOf(1));
    clock.now += LEASE_SECONDS * 1000;
    expect((await on("here", 1).list()).get(idOf(1))).toBe("running");
    clock.now += 1;
    expect((await on("here", 1).list()).get(idOf(1))).toBe("died");
    await on("there", 77).renew(idOf(1));
    expect((await on("here", 1).list()).get(idOf(1))).toBe("running");
  });

  it("are all found, on however many pages", async () => {
    const { aws, on } = setUp();
    aws.pageSize = 2;
    for (let n = 0; n < 5; n++) await on("here", 1).take(idOf(n));
    expect((await on("here", 1).list()).size).toBe(5);
    await on("here", 1).end(idOf(0));
    expect((await on("here", 1).list()).size).toBe(4);
  });

  it("name the same machine twice the same", () => {
    expect(machineName()).toBe(machineName());
  });
});
