import { describe, expect, it } from "vitest";
import { takeVersionId } from "../../src/release/lease-holder.ts";
import { createStage } from "../janitor/stage.ts";
import { deployOf } from "../lifecycle/samples.ts";

describe("takeVersionId()", () => {
  it("takes an id newer than every version, even if the clock is wrong", async () => {
    const { lifecycle, options, apply } = await createStage();
    const ahead = "20991231-235959-1f3a9c2";
    const ledger = await apply([deployOf(ahead)]);
    const lease = await takeVersionId("1f3a9c2", ledger, lifecycle.leases, {
      clock: options.clock,
      onFailure: () => {},
    });
    expect(lease.id).toBe("21000101-000000-1f3a9c2");
    await lease.end();
  });

  it("gives eight concurrent releases of one commit eight ids", async () => {
    const { lifecycle, options, time } = await createStage();
    const ledger = await lifecycle.store.read();
    const take = () =>
      takeVersionId("1f3a9c2", ledger, lifecycle.leases, { clock: options.clock, onFailure: () => {} });
    const leases = await time.until(() => Promise.all(Array.from({ length: 8 }, take)));
    expect(new Set(leases.map(({ id }) => id)).size).toBe(8);
    await Promise.all(leases.map((one) => one.end()));
    expect((await lifecycle.leases.list()).size).toBe(0);
  });
});
