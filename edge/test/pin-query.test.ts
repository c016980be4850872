import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pinOfQuery, withoutPins } from "../src/pin-query.ts";
import { CURRENT, OLD } from "./support/events.ts";

const pin = `lockstep=${OLD}`;

describe("withoutPins()", () => {
  it.each([
    [pin, ""],
    [`${pin}&a=1`, "a=1"],
    [`a=1&${pin}`, "a=1"],
    [`a=1&${pin}&b=2`, "a=1&b=2"],
    [`${pin}&${pin}`, ""],
    [`${pin}&a&lockstep=${CURRENT}`, "a"],
    [`${pin}&b=2&a=1&b=1&flag&q=a%20b+c&&u=%C3%BC&`, "b=2&a=1&b=1&flag&q=a%20b+c&&u=%C3%BC&"],
    [`${pin}&&`, "&"],
    [`${pin}&lockstep=on`, "lockstep=on"],
    [`lockstep=on&${pin}&lockstep`, "lockstep=on&lockstep"],
  ])("turns %s into %s", (query, rest) => {
    expect(withoutPins(query)).toBe(rest);
    expect(pinOfQuery(query)).toBe(OLD);
  });

  it.each([
    "",
    "&",
    "a=1&b",
    "lockstep=on",
    "lockstep",
    "lockstep=",
    `xlockstep=${OLD}`,
    `Lockstep=${OLD}`,
    `lockstep=${OLD}0`,
    `lockstep=${OLD.toUpperCase()}`,
    `lockstep%3D${OLD}`,
    `%6cockstep=${OLD}`,
    `a=lockstep=${OLD}`,
    `lockstep=${OLD};a`,
    `lockstep[]=${OLD}`,
  ])("leaves %j unchanged, and finds no pin in it", (query) => {
    expect(withoutPins(query)).toBe(query);
    expect(pinOfQuery(query)).toBeUndefined();
  });

  it("restores the query to which the pairs were added", () => {
    const id = fc.constantFrom(OLD, CURRENT);
    const pair = fc
      .oneof(
        fc.constantFrom("", "flag", "a=1", "a=2", "q=a%20b+c", "lockstep=on", "lockstep=", "=", "x=%FF"),
        fc.string({ unit: "binary", maxLength: 5 }).map((text) => text.replaceAll("&", "")),
      )
      .map((text) => ({ text, ours: false }));
    const ours = id.map((one) => ({ text: `lockstep=${one}`, ours: true }));
    fc.assert(
      fc.property(fc.array(fc.oneof(pair, ours), { maxLength: 8 }), (pairs) => {
        const text = (some: typeof pairs) => some.map((one) => one.text).join("&");
        expect(withoutPins(text(pairs))).toBe(text(pairs.filter((one) => !one.ours)));
        expect(pinOfQuery(text(pairs))).toBe(pairs.find((one) => one.ours)?.text.slice("lockstep=".length));
      }),
      { numRuns: 2000 },
    );
  });
});
