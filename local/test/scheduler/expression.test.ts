import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseExpression } from "../../src/services/scheduler/expression.ts";

const NOON = Date.parse("2026-11-22T12:00:00Z");

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
  it("fires a rate at once and then at each interval", () => {
    expect(times("rate(5 minutes)", 3)).toEqual(["2026-11-22T12:00", "2026-11-22T12:05", "2026-11-22T12:10"]);
    expect(times("rate(1 day)", 2)).toEqual(["2026-11-22T12:00", "2026-11-23T12:00"]);
  });

  it("fires at() once", () => {
    expect(times("at(2026-12-24T18:00:00)", 2)).toEqual(["2026-12-24T18:00"]);
  });

  it.each([
    "rate(1 minutes)",
    "rate(2 minute)",
    "rate(0 minutes)",
    "rate(5 seconds)",
    "at(tomorrow)",
    "5 minutes",
  ])("refuses %s", (expression) => {
    expect(() => parseExpression(expression, NOON)).toThrow("Invalid Schedule Expression");
  });

  it("refuses cron() by name", () => {
    expect(() => parseExpression("cron(0 9 * * ? *)", NOON)).toThrow(
      "scheduler: cron(0 9 * * ? *) is not implemented by the local AWS. Use rate() or at() instead.",
    );
  });

  it("returns a time after the given one", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 90 }), fc.nat(10 ** 9), (minutes, later) => {
        const timetable = parseExpression(`rate(${minutes} minutes)`, NOON);
        expect(timetable.next(NOON + later)).toBeGreaterThan(NOON + later);
      }),
    );
  });
});
