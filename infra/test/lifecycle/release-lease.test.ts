import { describe, expect, it } from "vitest";
import { machineName } from "../../src/lifecycle/machine.ts";
import { createLeaseStore, LEASE_SECONDS } from "../../src/lifecycle/release-lease.ts";
import { openAws } from "../support/open-aws.ts";
import { idOf } from "./samples.ts";

async function setUp() {
  const aws = await openAws();
  const living = new Set([1, 2]);
  const on = (host: string, pid: number) =>
    createLeaseStore({
      s3: aws.clients.s3,
      bucket: "state",
      host,
      pid,
      isAlive: (asked) => living.has(asked),
      now: aws.time.now,
    });
  return { aws, time: aws.time, living, on };
}

describe("createLeaseStore()", () => {
  it("gives an id to one release only", async () => {
    const { on } = await setUp();
    expect(await on("here", 1).take(idOf(1))).toBeDefined();
    expect(await on("there", 1).take(idOf(1))).toBeUndefined();
  });

  it("reports a killed process on this machine as dead at once", async () => {
    const { on, living } = await setUp();
    await on("here", 1).take(idOf(1));
    await on("here", 2).take(idOf(2));
    living.delete(1);
    expect([...(await on("here", 2).list())]).toEqual([
      [idOf(1), "died"],
      [idOf(2), "running"],
    ]);
  });

  it("reports a release on another machine as dead after a time without renewal", async () => {
    const { on, time } = await setUp();
    const lease = await on("there", 77).take(idOf(1));
    await time.skip(LEASE_SECONDS * 1000);
    expect((await on("here", 1).list()).get(idOf(1))).toBe("running");
    await time.skip(1);
    expect((await on("here", 1).list()).get(idOf(1))).toBe("died");
    expect(await lease!.renew()).toBe("ours");
    expect((await on("here", 1).list()).get(idOf(1))).toBe("running");
  });

  it("lets one process take over the lease of a dead release, and shows that to the old holder", async () => {
    const { on, time } = await setUp();
    const sleeper = await on("there", 77).take(idOf(1));
    expect(await on("here", 1).takeOver(idOf(1))).toBeUndefined(); // it still runs
    await time.skip(LEASE_SECONDS * 1000 + 1);
    const [one, other] = [await on("here", 1).takeOver(idOf(1)), await on("here", 2).takeOver(idOf(1))];
    expect(one).toBeDefined();
    expect(other).toBeUndefined();
    expect(await sleeper!.renew()).toBe("taken");
    await sleeper!.end(); // must not remove the lease of the new holder
    expect(await one!.renew()).toBe("ours");
    await on("here", 1).end(idOf(1));
    expect(await one!.renew()).toBe("removed");
  });

  it("uses only the age of a damaged lease", async () => {
    const { aws, on, time } = await setUp();
    await aws.objects.put("state", `leases/${idOf(1)}.json`, "{oops");
    expect((await on("here", 1).list()).get(idOf(1))).toBe("running");
    await time.skip(LEASE_SECONDS * 1000 + 1);
    expect((await on("here", 1).list()).get(idOf(1))).toBe("died");
  });

  it("returns the holder of a lease", async () => {
    const { on, time } = await setUp();
    await on("laptop", 1).take(idOf(1));
    expect(await on("here", 1).read(idOf(1))).toEqual({ host: "laptop", renewedAt: time.now() });
    expect(await on("here", 1).read(idOf(2))).toBeUndefined();
  });

  it("lists the leases on all pages", async () => {
    const { aws, on } = await setUp();
    aws.onCall = (_phase, name, input) => {
      if (name === "s3:ListObjectsV2") input.MaxKeys = 2;
    };
    for (let n = 0; n < 5; n++) await on("here", 1).take(idOf(n));
    expect((await on("here", 1).list()).size).toBe(5);
    await on("here", 1).end(idOf(0));
    expect((await on("here", 1).list()).size).toBe(4);
  });

  it("returns the same machine name twice", () => {
    expect(machineName()).toBe(machineName());
  });
});
