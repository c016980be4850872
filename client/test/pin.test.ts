import { describe, expect, it } from "vitest";

// Globals of a page that pin.ts reads.
Object.assign(globalThis, { location: { href: "https://shop.test/" }, origin: "https://shop.test" });
const { inQuery, setPin } = await import("../src/page/pin.ts");
const { matchesAny } = (await import(new URL("../../edge/src/path-pattern.ts", import.meta.url).href)) as {
  matchesAny(patterns: readonly string[], path: string): boolean;
};
const { pinOfQuery, withoutPins } = (await import(
  new URL("../../edge/src/pin-query.ts", import.meta.url).href
)) as {
  pinOfQuery(query: string): string | undefined;
  withoutPins(query: string): string;
};

const VERSION = "20261122-101500-1f3a9c2";

/** Returns a generator of integers below a limit, the same sequence in each run (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

describe("inQuery()", () => {
  it("pins exactly the paths that CloudFront sends to a service, for any patterns", () => {
    const next = numbers(20_261_128);
    const text = (alphabet: string, length: number): string =>
      Array.from({ length: next(length) }, () => alphabet[next(alphabet.length)]).join("");
    for (let n = 0; n < 20_000; n++) {
      const patterns = Array.from({ length: 1 + next(3) }, () => `/${text("ab/*?.+$()[]A-", 6)}`);
      const path = `/${text("ab/.+$()A-", 8)}`.replace(/\/+/g, "/").replace(/\/\.{1,2}(?=\/|$)/g, "/a");
      setPin(VERSION, patterns.join(" "));
      expect([patterns, path, inQuery(path) !== undefined]).toEqual([
        patterns,
        path,
        matchesAny(patterns, path),
      ]);
    }
  });

  it("writes a pin that the edge finds and removes without changing any other byte", () => {
    const next = numbers(7);
    setPin(VERSION, "/api/*");
    for (let n = 0; n < 20_000; n++) {
      const query = Array.from({ length: next(9) }, () => "a=&?%+ü~{}"[next(10)]).join("");
      const pinned = inQuery(`/api/x?${query}`)!;
      const written = pinned.slice(pinned.indexOf("?") + 1);
      expect(pinOfQuery(written)).toBe(VERSION);
      expect(withoutPins(written)).toBe(query);
    }
  });
});
