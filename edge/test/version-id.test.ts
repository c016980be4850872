import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatVersionId, isVersionId, timeOfVersionId } from "../src/version-id.ts";

describe("isVersionId()", () => {
  it.each(["20261122-101500-1f3a9c2", "00000000-000000-0000000", "99999999-999999-fffffff"])(
    "accepts %s",
    (id) => {
      expect(isVersionId(id)).toBe(true);
    },
  );

  it.each([
    "",
    "20261122-101500-1f3a9c",
    "20261122-101500-1f3a9c22",
    "20261122-101500-1F3A9C2",
    "20261122-101500-1f3a9g2",
    "20261122_101500-1f3a9c2",
    "2026112a-101500-1f3a9c2",
    "20261122-101500-1f3a9c\n",
    " 0261122-101500-1f3a9c2",
    "٢٠٢٦١١٢٢-101500-1f3a9c2",
    undefined,
    null,
    20261122,
    ["20261122-101500-1f3a9c2"],
  ])("refuses %j", (value) => {
    expect(isVersionId(value)).toBe(false);
  });

  it("agrees with the documented pattern on every text of almost the right form", () => {
    const nearly = fc
      .array(fc.constantFrom(..."0189afgAF-\n"), { minLength: 22, maxLength: 24 })
      .map((all) => all.join(""));
    const formed = fc.stringMatching(/^\d{8}-\d{6}-[0-9a-f]{7}$/);
    fc.assert(
      fc.property(fc.oneof(nearly, formed), (text) => {
        expect(isVersionId(text)).toBe(/^\d{8}-\d{6}-[0-9a-f]{7}$/.test(text));
      }),
    );
  });
});

describe("formatVersionId()", () => {
  it("makes ids that sort by age", () => {
    const moment = fc.integer({ min: 0, max: Date.UTC(2100, 0) });
    fc.assert(
      fc.property(moment, moment, (one, other) => {
        const [a, b] = [formatVersionId(one, "1f3a9c2e"), formatVersionId(other, "1f3a9c2e")];
        expect(Math.sign(a < b ? -1 : a > b ? 1 : 0)).toBe(
          Math.sign(Math.floor(one / 1000) - Math.floor(other / 1000)),
        );
      }),
    );
  });

  it("writes UTC and the first seven digits of the commit", () => {
    expect(formatVersionId(Date.UTC(2026, 10, 22, 10, 15), "1F3A9C2E4D")).toBe("20261122-101500-1f3a9c2");
  });

  it("refuses a value that is not a commit", () => {
    expect(() => formatVersionId(0, "main")).toThrow(/git commit hash/);
  });
});

describe("timeOfVersionId()", () => {
  it("returns the second that formatVersionId() wrote", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Date.UTC(2100, 0) }), (at) => {
        expect(timeOfVersionId(formatVersionId(at, "1f3a9c2e"))).toBe(at - (at % 1000));
      }),
    );
  });
});
