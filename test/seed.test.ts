import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SEED } from "./seed.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** A name that only has to differ from others of the same run; and this file, which names the functions. */
const EXCEPTIONS = ["local/test/cloudfront/world.ts", "test/seed.test.ts"];

describe("random searches", () => {
  it("start from one seed, which LOCKSTEP_SEED sets", () => {
    expect(SEED).toBe(Number(process.env.LOCKSTEP_SEED ?? 20_261_122));
    expect(fc.readConfigureGlobal()?.seed).toBe(SEED);
  });

  it("draw the same values each time: fc.sample(), fc.check() and fc.assert()", async () => {
    const seen = async (search: (property: fc.IProperty<[number]>) => unknown) => {
      const values: number[] = [];
      await search(fc.property(fc.nat(), (value) => void values.push(value)));
      return values;
    };
    const first = await seen(fc.assert);
    expect(new Set(first).size).toBeGreaterThan(10);
    expect(await seen(fc.assert)).toEqual(first);
    expect(await seen(fc.check)).toEqual(first);
    expect(fc.sample(fc.nat(), 20)).toEqual(fc.sample(fc.nat(), 20));
  });

  it("draw from no other source: no test calls Math.random() or node:crypto's random functions", () => {
    const files = globSync(["*/{test,bench}/**/*.{ts,tsx}", "test/**/*.ts", ".ci/test/*.ts"], {
      cwd: ROOT,
      exclude: (path) => path.includes("node_modules"),
    });
    expect(files.length).toBeGreaterThan(200);
    const random = files.filter((file) =>
      /\bMath\.random\(|\brandom(?:Int|Bytes|UUID)\(|\bgetRandomValues\(/.test(
        readFileSync(join(ROOT, file), "utf8"),
      ),
    );
    expect(random.sort()).toEqual(EXCEPTIONS);
  });
});
