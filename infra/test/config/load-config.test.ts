import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { loadConfig } from "../../src/config/config.ts";

const valid = {
  app: "shop",
  region: "eu-west-1",
  web: { folder: "web", build: "vite build", output: "dist" },
  api: { folder: "api", build: "x", output: "dist", image: { kind: "docker", dockerfile: "Dockerfile" } },
};

describe("loadConfig()", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lockstep-config-"));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  function write(name: string, content: string): string {
    const file = join(folder, name);
    writeFileSync(file, content);
    return file;
  }

  it("reads the shipped configuration by default", async () => {
    vi.stubEnv("LOCKSTEP_CONFIG", undefined);
    expect(await loadConfig()).toMatchObject({ app: "lockstep", api: { image: { kind: "docker" } } });
  });

  it("reads the configuration of the local AWS, which differs only in image and lifetimes", async () => {
    const shipped = await loadConfig("lockstep.config.ts");
    const local = await loadConfig("local/start/lockstep.config.ts");
    expect(local).toMatchObject({
      app: shipped.app,
      region: shipped.region,
      api: { image: { kind: "custom" } },
    });
    expect(local.protection.windowSeconds).toBe(shipped.protection.windowSeconds);
  });

  it("reads the file that LOCKSTEP_CONFIG names", async () => {
    vi.stubEnv("LOCKSTEP_CONFIG", write("one.mjs", `export default ${JSON.stringify(valid)}`));
    expect(await loadConfig()).toMatchObject({ app: "shop", edge: { hostSuffix: "shop.internal" } });
  });

  it("prefers the path argument", async () => {
    vi.stubEnv("LOCKSTEP_CONFIG", join(folder, "missing.mjs"));
    const file = write("two.mjs", `export default ${JSON.stringify({ ...valid, app: "other" })}`);
    expect((await loadConfig(file)).app).toBe("other");
  });

  it("names a missing file", async () => {
    await expect(loadConfig("no/such.config.ts")).rejects.toThrow(
      /^no\/such\.config\.ts: .*\n.*\n.*\n.*no such file/,
    );
  });

  it("names the file of an invalid value", async () => {
    const file = write("three.mjs", `export default ${JSON.stringify({ ...valid, region: "nowhere" })}`);
    await expect(loadConfig(file)).rejects.toThrow(/three\.mjs: 1 value is not valid\.\n {2}region\n/);
  });

  it("names a file without a default export", async () => {
    await expect(loadConfig(write("four.mjs", "export const config = {}"))).rejects.toThrow(
      /a default export/,
    );
  });

  it("keeps the cause if the file cannot be imported", async () => {
    const refused = loadConfig(write("five.mjs", "throw new Error('boom')"));
    await expect(refused).rejects.toMatchObject({ code: "CONFIG_INVALID", cause: { message: "boom" } });
  });
});
