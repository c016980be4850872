import { describe, expect, it } from "vitest";
import {
  type CheckResult,
  type Health,
  type HealthSettings,
  INITIAL,
  nextHealth,
  passesMatcher,
  pauseMs,
} from "../../src/alb/health.ts";

const SETTINGS: HealthSettings = {
  path: "/",
  port: "traffic-port",
  intervalMs: 10_000,
  timeoutMs: 5000,
  healthyThreshold: 3,
  unhealthyThreshold: 2,
  matcher: "200",
};
const PASS: CheckResult = { ok: true };
const FAIL: CheckResult = { ok: false, reason: "Target.Timeout", description: "Request timed out" };

function after(results: CheckResult[], from: Health = INITIAL, checkingForMs = 60_000): string[] {
  const states: string[] = [];
  let health = from;
  for (const result of results) {
    health = nextHealth(health, result, SETTINGS, checkingForMs);
    states.push(health.state);
  }
  return states;
}

describe("nextHealth()", () => {
  it("makes a new target healthy at its first pass, whatever the threshold", () => {
    expect(after([PASS])).toEqual(["healthy"]);
  });

  it("makes a healthy target unhealthy after the threshold of consecutive failures", () => {
    expect(after([PASS, FAIL, PASS, FAIL, FAIL])).toEqual([
      ...["healthy", "healthy", "healthy", "healthy", "unhealthy"],
    ]);
  });

  it("makes an unhealthy target healthy after the threshold of consecutive passes", () => {
    expect(after([PASS, FAIL, FAIL, PASS, PASS, FAIL, PASS, PASS, PASS]).slice(2)).toEqual([
      ...["unhealthy", "unhealthy", "unhealthy", "unhealthy", "unhealthy", "unhealthy", "healthy"],
    ]);
  });

  it("fails a new target after the time of the threshold, however many quick checks failed before", () => {
    expect(after(Array(20).fill(FAIL), INITIAL, 9999).at(-1)).toBe("initial");
    expect(after([FAIL], INITIAL, 10_000)).toEqual(["unhealthy"]);
  });

  it("gives the reason", () => {
    expect(nextHealth(INITIAL, FAIL, SETTINGS, 0).reason).toBe("Elb.InitialHealthChecking");
    expect(nextHealth(INITIAL, FAIL, SETTINGS, 60_000).reason).toBe("Target.Timeout");
    expect(nextHealth(INITIAL, PASS, SETTINGS, 0).reason).toBeUndefined();
  });
});

describe("pauseMs()", () => {
  it("increases until the first pass and is the interval afterwards", () => {
    const pauses = [0, 1, 5, 50].map((failures) => pauseMs({ ...INITIAL, failures }, SETTINGS));
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
    expect(pauses.at(-1)).toBe(1000);
    expect(pauseMs({ state: "healthy", passes: 1, failures: 0 }, SETTINGS)).toBe(10_000);
    expect(pauseMs({ state: "unhealthy", passes: 0, failures: 9 }, SETTINGS)).toBe(10_000);
  });
});

describe("passesMatcher()", () => {
  it("accepts single codes, lists and ranges", () => {
    expect([200, 201].map((status) => passesMatcher("200", status))).toEqual([true, false]);
    expect([200, 202, 204].map((status) => passesMatcher("200,204", status))).toEqual([true, false, true]);
    expect([199, 200, 299, 300].map((status) => passesMatcher("200-299", status))).toEqual([
      ...[false, true, true, false],
    ]);
  });
});
