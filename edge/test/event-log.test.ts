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
  it("writes the first of a kind at once, and then one a minute that says how many it left out", () => {
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

  it("lets no kind hide another", () => {
    const { lines, write } = log();
    for (const event of ["gone", "map-taken", "gone"]) write(event, {});
    expect(lines.map(({ event }) => event)).toEqual(["gone", "map-taken"]);
  });
});
