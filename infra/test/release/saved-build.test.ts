import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { gitStateOf, readOwnBuild, readSavedBuild, saveBuild } from "../../src/release/build/saved-build.ts";
import { idOf, sampleConfig } from "../lifecycle/samples.ts";

const record = { id: idOf(1), commit: "1f3a9c2".padEnd(40, "0"), dirty: false };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-saved-"));
  await mkdir(join(folder, "web"));
  await mkdir(join(folder, "api"));
  await writeFile(
    join(folder, "web", "index.html"),
    `<meta name="lockstep-version" content="${record.id}" data-paths="/api/*">`,
  );
  await writeFile(join(folder, "api", "index.mjs"), "");
});
afterEach(() => rm(folder, { recursive: true }));

const save = (out: string) => saveBuild(out, record, { web: join(folder, "web"), api: join(folder, "api") });

describe("saveBuild()", () => {
  it("saves the complete build, and replaces an earlier one", async () => {
    const out = join(folder, "build");
    await save(out);
    await writeFile(join(out, "web", "old.js"), "");
    await save(out);
    expect(await readSavedBuild(out)).toEqual(record);
    expect(await readdir(join(out, "web"))).toEqual(["index.html"]);
    expect(await readdir(folder)).toEqual(["api", "build", "web"]);
  });

  it.each(["a folder of something else", "a file"])("does not delete %s", async (kind) => {
    const out = kind === "a file" ? join(folder, "api", "index.mjs") : join(folder, "api");
    await expect(save(out)).rejects.toMatchObject({ code: "OUT_IN_USE" });
    expect(await readdir(join(folder, "api"))).toEqual(["index.mjs"]);
  });

  it("does not delete a folder that happens to contain a file of that name", async () => {
    await writeFile(join(folder, "build.json"), "{}");
    await expect(save(folder)).rejects.toMatchObject({ code: "OUT_IN_USE" });
    expect(await readdir(folder)).toEqual(["api", "build.json", "web"]);
  });

  it("refuses to release a folder that is not a saved build, and uncommitted changes", async () => {
    await expect(readSavedBuild(folder)).rejects.toMatchObject({ code: "BUILD_INCOMPLETE" });
    expect(() => gitStateOf({ ...record, dirty: true }, false)).toThrow(/uncommitted/);
    expect(gitStateOf({ ...record, dirty: true }, true)).toEqual({ commit: record.commit, dirty: true });
  });
});

describe("readOwnBuild()", () => {
  it("returns only the build of the version", async () => {
    const config = sampleConfig();
    expect(await readOwnBuild(join(folder, "web"), record.id, { config })).toHaveLength(1);
    expect(await readOwnBuild(join(folder, "web"), idOf(2), { config })).toBeUndefined();
    expect(await readOwnBuild(join(folder, "dist"), record.id, { config })).toBeUndefined();
  });
});
