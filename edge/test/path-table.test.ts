import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  digestOf,
  encodePathTable,
  type PathTable,
  pathOfName,
  readTableHeader,
  TABLE_MAX_PARTS,
  TABLE_VALUE_MAX_BYTES,
} from "../src/encode-path-table.ts";
import { pointerFilesPart } from "../src/names.ts";
import { normalisePath } from "../src/normalise-path.ts";
import {
  AS_FILE,
  AS_HTML,
  formOf,
  HAS_FILE,
  HAS_HTML,
  HAS_INDEX,
  looksLikeTable,
  maskIn,
  partFor,
  partsOf,
  stemOf,
  TABLE_HEADER_LENGTH,
} from "../src/path-table.ts";
import { VERSION_ID_LENGTH } from "../src/version-id.ts";
import { CURRENT } from "./support/events.ts";

/** Looks up the stem of a path in a table, as the function does. */
function maskOf(table: PathTable, path: string): number {
  const header = table.files!;
  expect(looksLikeTable(header)).toBe(true);
  const digest = digestOf(stemOf(path, formOf(path)));
  const parts = partsOf(header);
  if (parts === 0) return maskIn(header, digest, TABLE_HEADER_LENGTH);
  const part = table[pointerFilesPart(partFor(digest, parts))]!;
  expect(part.slice(0, VERSION_ID_LENGTH)).toBe(CURRENT);
  return maskIn(part, digest, VERSION_ID_LENGTH);
}

function bitFor(path: string): number {
  const form = formOf(path);
  return form === AS_FILE ? HAS_FILE : form === AS_HTML ? HAS_HTML : HAS_INDEX;
}

const segment = fc.oneof(
  { weight: 6, arbitrary: fc.stringMatching(/^[a-z0-9-]{1,12}$/) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "a b",
      "a+b",
      "100%",
      "a#b",
      "a?b",
      "über",
      "u\u0308",
      "日本",
      "it's",
      '"q"',
      "&amp;",
    ),
  },
);
const name = fc
  .tuple(
    fc.array(segment, { minLength: 1, maxLength: 4 }),
    fc.constantFrom("", ".html", "/index.html", ".pdf", ".js", ".tar.gz"),
  )
  .map(([segments, end]) => segments.join("/") + end);

describe("encodePathTable()", () => {
  it("has every file of a build, and almost nothing else, within the limits of the store", () => {
    let unknown = 0;
    let taken = 0;
    const oneBuild = fc.property(
      fc.uniqueArray(name, { minLength: 1, maxLength: 400, size: "+2" }),
      fc.array(name, { minLength: 10, maxLength: 200 }),
      (names, others) => {
        const table = encodePathTable(CURRENT, names)!;
        for (const one of names) {
          const path = normalisePath(pathOfName(one));
          expect(maskOf(table, path) & bitFor(path)).not.toBe(0);
        }
        const known = new Set(names);
        for (const one of others.filter((other) => !known.has(other))) {
          const path = pathOfName(one);
          unknown++;
          if ((maskOf(table, path) & bitFor(path)) !== 0) taken++;
        }
        expect(Object.keys(table).length).toBeLessThanOrEqual(1 + TABLE_MAX_PARTS);
        for (const [key, value] of Object.entries(table)) {
          expect(Buffer.byteLength(value)).toBeLessThanOrEqual(TABLE_VALUE_MAX_BYTES);
          expect(Buffer.byteLength(key)).toBeLessThanOrEqual(512);
        }
      },
    );
    fc.assert(oneBuild, { numRuns: 200 });
    expect(unknown).toBeGreaterThan(1000);
    expect(taken).toBeLessThanOrEqual(1); // 30 bits and a few hundred entries
  });

  it("fits 5,000 files with pages into one update, and finds each", () => {
    const names = Array.from({ length: 5000 }, (_, n) => (n % 2 ? `p/${n}/index.html` : `img/${n}.png`));
    const table = encodePathTable(CURRENT, names)!;
    for (const one of names) {
      const path = pathOfName(one);
      expect(maskOf(table, path) & bitFor(path)).not.toBe(0);
    }
    expect(maskOf(table, "/p/5001/")).toBe(0);
  });

  it("refuses a build with more files than one update can name", () => {
    const names = Array.from({ length: 8000 }, (_, n) => `f/${n}`);
    expect(encodePathTable(CURRENT, names)).toBeUndefined();
  });

  it("distinguishes the files of one stem", () => {
    const table = encodePathTable(CURRENT, ["a", "b.html", "c/index.html", "d", "d.html", "index.html"])!;
    expect(["/a", "/b", "/c/", "/d.html", "/", "/e"].map((path) => maskOf(table, path))).toEqual([
      HAS_FILE,
      HAS_HTML,
      HAS_INDEX,
      HAS_FILE + HAS_HTML,
      HAS_INDEX,
      0,
    ]);
  });

  it("makes the same table from the same names in another order", () => {
    const names = Array.from({ length: 900 }, (_, n) => `f/${n}`);
    expect(encodePathTable(CURRENT, [...names].reverse())).toEqual(encodePathTable(CURRENT, names));
  });
});

describe("readTableHeader()", () => {
  it("returns the version and the number of parts of a table", () => {
    expect(readTableHeader(encodePathTable(CURRENT, ["a"])!.files)).toEqual({ id: CURRENT, parts: 0 });
    const many = encodePathTable(
      CURRENT,
      Array.from({ length: 900 }, (_, n) => `f/${n}`),
    )!;
    expect(readTableHeader(many.files)).toEqual({ id: CURRENT, parts: Object.keys(many).length - 1 });
  });

  it.each([undefined, "", "x", CURRENT, `${CURRENT}99`, `${CURRENT}x1`, "2".repeat(30)])(
    "refuses %j",
    (value) => {
      expect(readTableHeader(value)).toBeUndefined();
    },
  );
});
