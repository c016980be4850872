import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseExpression } from "../../src/services/scheduler/expression.ts";

const NOON = Date.parse("2026-11-22T12:00:00Z"); // a Sunday

function times(expression: string, count: number, begin = NOON): string[] {
  const timetable = parseExpression(expression, begin);
  const found: string[] = [];
  for (let at = begin - 1; found.length < count; ) {
    const next = timetable.next(at);
    if (next === undefined) break;
    found.push(new Date(next).toISOString().slice(0, 16));
    at = next;
  }
  return found;
}

describe("parseExpression()", () => {
  it("fires a rate at once and then at its distance", () => {
    expect(times("rate(5 minutes)", 3)).toEqual(["2026-11-22T12:00", "2026-11-22T12:05", "2026-11-22T12:10"]);
    expect(times("rate(1 day)", 2)).toEqual(["2026-11-22T12:00", "2026-11-23T12:00"]);
  });

  it("fires at a time once", () => {
    expect(times("at(2026-12-24T18:00:00)", 2)).toEqual(["2026-12-24T18:00"]);
  });

  it("reads cron's steps, ranges, lists and names", () => {
    expect(times("cron(0/20 12 * * ? *)", 4)).toEqual([
      ...["2026-11-22T12:00", "2026-11-22T12:20", "2026-11-22T12:40"],
      "2026-11-23T12:00",
    ]);
    expect(times("cron(30 9 ? * MON-FRI *)", 2)).toEqual(["2026-11-23T09:30", "2026-11-24T09:30"]);
    expect(times("cron(0 0 1,15 JAN ? *)", 2)).toEqual(["2027-01-01T00:00", "2027-01-15T00:00"]);
    expect(times("cron(0 0 29 2 ? *)", 1)).toEqual(["2028-02-29T00:00"]);
    expect(times("cron(0 0 1 1 ? 2020)", 1)).toEqual([]);
  });

  it.each([
    "rate(1 minutes)",
    "rate(2 minute)",
    "rate(0 minutes)",
    "rate(5 seconds)",
    "cron(* * * * * *)",
    "cron(0 0 ? * ? *)",
    "cron(60 * * * ? *)",
    "cron(0 0 * *)",
    "at(tomorrow)",
    "5 minutes",
  ])("refuses %s", (expression) => {
    expect(() => parseExpression(expression, NOON)).toThrow("Invalid Schedule Expression");
  });

  it("always gives a time after the one it was asked with", () => {
    const expression = fc.oneof(
      fc.integer({ min: 2, max: 90 }).map((count) => `rate(${count} minutes)`),
      fc.tuple(fc.nat(59), fc.nat(23)).map(([minute, hour]) => `cron(${minute} ${hour} * * ? *)`),
    );
    fc.assert(
      fc.property(expression, fc.nat(10 ** 9), (text, later) => {
        expect(parseExpression(text, NOON).next(NOON + later)).toBeGreaterThan(NOON + later);
      }),
      { numRuns: 50 },
    );
  });
});
