import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { runBuild } from "../../src/cli/build.ts";
import { projectRoot } from "../../src/config/config.ts";

let folder: string;

/** A configuration names folders of the repository, so the build is below node_modules. */
beforeEach(async () => {
  folder = await mkdtemp(join(projectRoot, "node_modules", "lockstep-build-"));
  for (const part of ["web", "api"]) await mkdir(join(folder, part, "dist"), { recursive: true });
  const part = (name: string) => ({
    folder: relative(projectRoot, join(folder, name)),
    build: "node --version",
    output: "dist",
  });
  const image = { kind: "docker", dockerfile: "Dockerfile" };
  const config = {
    app: "shop",
    region: "eu-west-1",
    web: part("web"),
    api: { ...part("api"), image },
  };
  await writeFile(join(folder, "shop.config.mjs"), `export default ${JSON.stringify(config)};\n`);
  vi.stubEnv("LOCKSTEP_CONFIG", join(folder, "shop.config.mjs"));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

it.each([
  ["the local AWS", { AWS_ENDPOINT_URL: "http://127.0.0.1:4566" }, " --local\n"],
  ["AWS", {}, "\n"],
])("runBuild() saves the build, and suggests its release to %s", async (_, environment, end) => {
  const saved = join(folder, "saved");
  let out = "";
  const write = (text: string) => {
    out += text;
  };
  const code = await runBuild(["--out", saved], { out: write, error: write, environment, color: false });
  expect(code, out).toBe(0);
  expect(await readdir(saved)).toEqual(["api", "build.json", "web"]);
  expect(out).toContain(`Next: npm run release -- --skip-build ${saved}${end}`);
});
