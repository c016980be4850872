import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileGlob } from "../src/glob.ts";

describe("compileGlob()", () => {
  it("matches any run of characters with *, exactly one with ?, and everything else literally", () => {
    expect(compileGlob("a.b")("axb")).toBe(false);
    expect(compileGlob("a?b")("a.b")).toBe(true);
    expect(compileGlob("a?b")("ab")).toBe(false);
    expect(compileGlob("*")("")).toBe(true);
    expect(compileGlob("/img/*/pics/*")("/img/a/b/pics/")).toBe(true);
    expect(compileGlob("/img/*.pn?")("/img/.png")).toBe(true);
    expect(compileGlob("/img/*.pn?")("/img/.png2")).toBe(false);
  });

  it("agrees with the equivalent regular expression", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 12 });
    const pattern = fc.string({ unit: fc.constantFrom("a", "b", ".", "*", "?"), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (glob, value) => {
        const source = [...glob].map((c) => ({ "*": ".*", "?": ".", ".": "\\." })[c] ?? c).join("");
        expect(compileGlob(glob)(value)).toBe(new RegExp(`^${source}$`).test(value));
      }),
      { numRuns: 1000 },
    );
  });

  it("stays fast with a hostile pattern", () => {
    const hostile = compileGlob(`${"*a".repeat(60)}b`);
    expect(hostile("a".repeat(10_000))).toBe(false);
  });
});
