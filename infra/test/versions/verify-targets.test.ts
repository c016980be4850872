import { describe, expect, it } from "vitest";
import { verifyTargets } from "../../src/versions/verify-targets.ts";

describe("verifyTargets()", () => {
  const states = (...all: string[]) => ({
    TargetHealthDescriptions: all.map((State, n) => ({
      Target: { Id: "10.0.0.1", Port: 8000 + n },
      TargetHealth: { State, Description: `is ${State}` },
    })),
  });
  const verify = (answers: ReturnType<typeof states>[]) => {
    let at = 0;
    const elb = { send: async () => answers.shift() ?? states() } as never;
    return verifyTargets({
      elb,
      targetGroupArn: "tg",
      wanted: 2,
      clock: { now: () => (at += 1000), sleep: async () => {} },
      timeoutMs: 5000,
    });
  };

  it("waits until all targets are healthy and as many as wanted, and ignores draining ones", async () => {
    const answers = [
      states(),
      states("healthy"),
      states("healthy", "initial"),
      states("healthy", "healthy", "draining"),
    ];
    expect(await verify(answers)).toBe(2);
    expect(answers).toEqual([]);
  });

  it("throws with the load balancer's reason if a target stays unhealthy", async () => {
    const answers = Array.from({ length: 9 }, () => states("healthy", "unhealthy"));
    await expect(verify(answers)).rejects.toMatchObject({
      code: "TARGETS_UNHEALTHY",
      message: "1 of 2 targets are healthy; 10.0.0.1:8001 is unhealthy (is unhealthy).",
    });
  });
});
