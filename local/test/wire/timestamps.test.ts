import fc from "fast-check";
import { expect, it } from "vitest";
import { shapeOf } from "../../src/wire/schema.ts";
import { readTimestamp, writeTimestamp } from "../../src/wire/timestamps.ts";

const timestamp = shapeOf(4);

it("readTimestamp() restores every millisecond of writeTimestamp(), from seconds and from ISO dates", () => {
  const dates = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date("2100-01-01") });
  fc.assert(
    fc.property(dates, fc.constantFrom("epoch-seconds" as const, "date-time" as const), (date, format) => {
      expect(readTimestamp(writeTimestamp(timestamp, date, format))).toEqual(date);
    }),
  );
});

it("readTimestamp() refuses an invalid time", () => {
  expect(() => readTimestamp("yesterday")).toThrow('Not a timestamp: "yesterday".');
});
