import { describe, expect, it } from "vitest";
import { createEventLog } from "../src/route/event-log.ts";

function log() {
  const lines: any[] = [];
  const clock = { now: 1_000_000 };
  const write = createEventLog(
    () => clock.now,
    (line) => lines.push(JSON.parse(line)),
  );
  return { lines, clock, write };
}

describe("createEventLog()", () => {
  it("logs the first event of a kind at once, then one a minute with the number left out", () => {
    const { lines, clock, write } = log();
    for (let second = 0; second < 90; second++) {
      write("gone", { pin: second });
      clock.now += 1000;
    }
    expect(lines).toEqual([
      { lockstep: "route", event: "gone", pin: 0 },
      { lockstep: "route", event: "gone", pin: 60, unsaid: 59 },
    ]);
  });

  it("throttles each kind separately", () => {
    const { lines, write } = log();
    for (const event of ["gone", "map-taken", "gone"]) write(event, {});
    expect(lines.map(({ event }) => event)).toEqual(["gone", "map-taken"]);
  });
});
