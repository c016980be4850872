import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { gitStateOf, readOwnBuild, readSavedBuild, saveBuild } from "../../src/release/build/saved-build.ts";
import { idOf } from "../lifecycle/samples.ts";

const record = { id: idOf(1), commit: "1f3a9c2".padEnd(40, "0"), dirty: false };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-kept-"));
  await mkdir(join(folder, "web"));
  await mkdir(join(folder, "api"));
  await writeFile(join(folder, "web", "index.html"), `<meta name="lockstep-version" content="${record.id}">`);
  await writeFile(join(folder, "api", "index.mjs"), "");
});
afterEach(() => rm(folder, { recursive: true }));

const keep = (out: string) => saveBuild(out, record, { web: join(folder, "web"), api: join(folder, "api") });

describe("saveBuild()", () => {
  it("keeps a build whole, and replaces an earlier one", async () => {
    const out = join(folder, "build");
    await keep(out);
    await writeFile(join(out, "web", "old.js"), "");
    await keep(out);
    expect(await readSavedBuild(out)).toEqual(record);
    expect(await readdir(join(out, "web"))).toEqual(["index.html"]);
    expect(await readdir(folder)).toEqual(["api", "build", "web"]);
  });

  it.each(["a folder of something else", "a file"])("deletes nothing that is %s", async (kind) => {
    const out = kind === "a file" ? join(folder, "api", "index.mjs") : join(folder, "api");
    await expect(keep(out)).rejects.toMatchObject({ code: "OUT_IN_USE" });
    expect(await readdir(join(folder, "api"))).toEqual(["index.mjs"]);
  });

  it("deletes nothing beside which a file of that name happens to lie", async () => {
    await writeFile(join(folder, "build.json"), "{}");
    await expect(keep(folder)).rejects.toMatchObject({ code: "OUT_IN_USE" });
    expect(await readdir(folder)).toEqual(["api", "build.json", "web"]);
  });

  it("refuses to release what is no kept build, and what no commit held", async () => {
    await expect(readSavedBuild(folder)).rejects.toMatchObject({ code: "BUILD_INCOMPLETE" });
    expect(() => gitStateOf({ ...record, dirty: true }, false)).toThrow(/uncommitted/);
    expect(gitStateOf({ ...record, dirty: true }, true)).toEqual({ commit: record.commit, dirty: true });
  });
});

describe("readOwnBuild()", () => {
  it("knows a version's own build from another one's", async () => {
    expect(await readOwnBuild(join(folder, "web"), record.id)).toHaveLength(1);
    expect(await readOwnBuild(join(folder, "web"), idOf(2))).toBeUndefined();
    expect(await readOwnBuild(join(folder, "dist"), record.id)).toBeUndefined();
  });
});
