import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ConfigError,
  type ConfigProblem,
  defineConfig,
  type LockstepConfigInput,
} from "../../src/config/config.ts";

const smallest = {
  app: "shop",
  region: "eu-west-1",
  web: { folder: "web", build: "vite build", output: "dist" },
  api: {
    folder: "api",
    build: "node build.ts",
    output: "dist",
    image: { kind: "docker", dockerfile: "Dockerfile" },
  },
} satisfies LockstepConfigInput;

/** The problems with a configuration that differs from the smallest one in `change`. */
function problems(change: object): readonly ConfigProblem[] {
  try {
    defineConfig({ ...smallest, ...change } as LockstepConfigInput);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const paths = (change: object) => problems(change).map(({ path }) => path);

describe("defineConfig()", () => {
  it("fills in every default of the smallest configuration", () => {
    expect(defineConfig(smallest)).toEqual({
      ...smallest,
      web: { ...smallest.web, kind: "app", hashedFolders: ["assets"], base: "/" },
      api: {
        ...smallest.api,
        port: 8080,
        healthPath: "/health",
        pathPatterns: ["/api/*"],
        cpu: 256,
        memory: 512,
        minTasks: 1,
        maxTasks: 4,
        environment: {},
      },
      protection: {
        enabled: true,
        windowSeconds: 86_400,
        graceSeconds: 3600,
        idleSeconds: 1800,
        warnSeconds: 600,
        rollbackVersions: 1,
        rollbackSeconds: 3600,
        heartbeatSeconds: 300,
        maxVersions: 20,
        whenGone: "current",
      },
      edge: { mapTtlSeconds: 5, hostSuffix: "shop.internal", explain: true },
      janitor: { everyMinutes: 5, mode: "act", keep: [] },
      files: { lifetimeSeconds: 86_400 },
    });
  });

  const web = (change: object) => paths({ web: { ...smallest.web, ...change } });

  it.each([
    ["pages", { kind: "pages" }],
    [
      "a base and nested shared folders",
      { base: "/app/v2/", hashedFolders: ["_astro", "_app/immutable", "static"] },
    ],
    ["no shared folder", { hashedFolders: [] }],
  ])("accepts a frontend with %s", (_what, change) => {
    expect(web(change)).toEqual([]);
  });

  it.each([
    ["an unknown kind", { kind: "spa" }, "web.kind"],
    ["a base without a slash at the end", { base: "/app" }, "web.base"],
    ["a base of dots", { base: "/../" }, "web.base"],
    ["a base where old builds are", { base: "/builds/" }, "web.base"],
    ["a base of Lockstep's own", { base: "/.lockstep/" }, "web.base"],
    ["a folder with a slash at the end", { hashedFolders: ["assets/"] }, "web.hashedFolders[0]"],
    ["a folder that leads out", { hashedFolders: ["../assets"] }, "web.hashedFolders[0]"],
    ["a folder named like the builds", { hashedFolders: ["builds"] }, "web.hashedFolders[0]"],
    ["a folder inside another", { hashedFolders: ["_app", "_app/immutable"] }, "web.hashedFolders[1]"],
    ["a folder twice", { hashedFolders: ["assets", "assets"] }, "web.hashedFolders[0]"],
    ["a wildcard", { hashedFolders: ["*"] }, "web.hashedFolders[0]"],
  ])("refuses a frontend with %s", (_what, change, path) => {
    expect(web(change)).toContain(path);
  });

  it("refuses an API pattern that matches a shared folder, and accepts one that matches a folder that is no longer shared", () => {
    const api = { ...smallest.api, pathPatterns: ["/static/*", "/assets/*"] };
    expect(paths({ api, web: { ...smallest.web, hashedFolders: ["static"] } })).toEqual([
      "api.pathPatterns[0]",
    ]);
  });

  it("refuses more behaviors than a distribution can have", () => {
    const pathPatterns = Array.from({ length: 20 }, (_, n) => `/api-${n}/*`);
    const api = { ...smallest.api, pathPatterns };
    expect(paths({ api })).toEqual([]);
    expect(paths({ api, web: { ...smallest.web, hashedFolders: ["a", "b"] } })).toEqual(["api.pathPatterns"]);
  });

  it("returns a complete configuration unchanged", () => {
    const config = defineConfig({ ...smallest, protection: { windowSeconds: "7d", graceSeconds: 90 } });
    expect(defineConfig(config)).toEqual(config);
  });

  it("keeps files at least as long as the window", () => {
    expect(defineConfig({ ...smallest, protection: { windowSeconds: "7d" } }).files.lifetimeSeconds).toBe(
      604_800,
    );
  });

  it("derives omitted fields of protection from the others", () => {
    const { protection } = defineConfig({
      ...smallest,
      protection: { windowSeconds: "5m", graceSeconds: "2m", idleSeconds: "1m", warnSeconds: "1h" },
    });
    expect(protection).toMatchObject({ warnSeconds: 300, rollbackSeconds: 120, heartbeatSeconds: 30 });
  });

  it("reports path, expectation, value and example of every invalid value", () => {
    const found = problems({ region: "Ireland", protection: { windowSeconds: "24" } });
    expect(found).toEqual([
      { path: "region", expected: "an AWS region", got: '"Ireland"', example: '"eu-west-1"' },
      {
        path: "protection.windowSeconds",
        expected: "a duration, 60s to 400d",
        got: '"24"',
        example: '"24h"',
      },
    ]);
  });

  it("accepts a custom image, whose push is a function", () => {
    const image = { kind: "custom" as const, push: async () => "" };
    expect(defineConfig({ ...smallest, api: { ...smallest.api, image } }).api.image).toEqual(image);
    expect(problems({ api: { ...smallest.api, image: { kind: "custom" } } })).toMatchObject([
      { path: "api.image.push", expected: expect.stringContaining("an async function"), got: "nothing" },
    ]);
  });

  it("says what replaces the image kind that no longer exists", () => {
    const image = { kind: "bundle", command: ["node"] };
    expect(problems({ api: { ...smallest.api, image } })).toMatchObject([
      {
        path: "api.image.kind",
        expected: expect.stringContaining("pushFolderImage(command, build)"),
        got: '"bundle"',
      },
    ]);
  });

  it("names the expected image if a field of it does not exist", () => {
    const image = { ...smallest.api.image, command: ["node"] };
    expect(problems({ api: { ...smallest.api, image } })).toMatchObject([
      { path: "api.image.command", expected: expect.stringContaining('{ kind: "docker", dockerfile }') },
    ]);
  });

  it("lists the problems in the message", () => {
    const wrong = () => defineConfig({ ...smallest, app: "My Shop" }, "shop.config.ts");
    expect(wrong).toThrow(/^shop\.config\.ts: 1 value is not valid\./);
    expect(wrong).toThrow(/app\n {4}expected 2 to 20 .*\n {4}got {6}"My Shop"\n {4}example {2}"shop"/);
  });

  it("lists the known fields if one is unknown", () => {
    const [problem] = problems({ protection: { window: "24h" } });
    expect(problem).toMatchObject({
      path: "protection.window",
      expected: expect.stringContaining("windowSeconds"),
    });
  });

  it("names a missing field", () => {
    expect(problems({ web: { folder: "web", build: "x" } })).toMatchObject([
      { path: "web.output", got: "nothing", example: '"dist"' },
    ]);
  });

  it.each([
    ["app", { app: "a" }],
    ["app", { app: "1shop" }],
    ["app", { app: "shop-" }],
    ["app", { app: "a-name-of-more-than-twenty" }],
    ["web.folder", { web: { ...smallest.web, folder: "../elsewhere" } }],
    ["web.output", { web: { ...smallest.web, output: "/dist" } }],
    ["api.image.kind", { api: { ...smallest.api, image: { kind: "podman" } } }],
    ["api.image.push", { api: { ...smallest.api, image: { kind: "custom" } } }],
    ["api.image.push", { api: { ...smallest.api, image: { kind: "custom", push: "push.ts" } } }],
    ["api.image.command", { api: { ...smallest.api, image: { ...smallest.api.image, command: ["node"] } } }],
    ["api.port", { api: { ...smallest.api, port: 70_000 } }],
    ["api.healthPath", { api: { ...smallest.api, healthPath: "health" } }],
    ["api.pathPatterns", { api: { ...smallest.api, pathPatterns: [] } }],
    ["api.pathPatterns[1]", { api: { ...smallest.api, pathPatterns: ["/api/*", "graphql"] } }],
    ["api.pathPatterns[1]", { api: { ...smallest.api, pathPatterns: ["/api/*", "/api/*"] } }],
    ["api.pathPatterns[0]", { api: { ...smallest.api, pathPatterns: ["/*"] } }],
    ["api.pathPatterns[0]", { api: { ...smallest.api, pathPatterns: ["/assets/*"] } }],
    ["api.pathPatterns[0]", { api: { ...smallest.api, pathPatterns: ["/.lockstep/status"] } }],
    ["api.cpu", { api: { ...smallest.api, cpu: 300 } }],
    ["api.memory", { api: { ...smallest.api, cpu: 256, memory: 4096 } }],
    ["api.memory", { api: { ...smallest.api, cpu: 256, memory: 1536 } }],
    ["api.maxTasks", { api: { ...smallest.api, minTasks: 3, maxTasks: 2 } }],
    ["api.environment.PORT", { api: { ...smallest.api, environment: { PORT: "1" } } }],
    [
      "api.environment.LOCKSTEP_VERSION",
      { api: { ...smallest.api, environment: { LOCKSTEP_VERSION: "1" } } },
    ],
    ["protection.maxVersions", { protection: { maxVersions: 91 } }],
    ["protection.whenGone", { protection: { whenGone: "latest" } }],
    ["protection.graceSeconds", { protection: { windowSeconds: "1h", graceSeconds: "2h" } }],
    ["protection.heartbeatSeconds", { protection: { idleSeconds: "5m", heartbeatSeconds: "5m" } }],
    ["protection.rollbackVersions", { protection: { rollbackVersions: -1 } }],
    ["files.lifetimeSeconds", { files: { lifetimeSeconds: "1h" } }],
    ["edge.mapTtlSeconds", { edge: { mapTtlSeconds: "500ms" } }],
    ["edge.hostSuffix", { edge: { hostSuffix: "internal" } }],
    ["edge.hostSuffix", { edge: { hostSuffix: "shop.v2" } }],
    ["edge.hostSuffix", { edge: { hostSuffix: "my_shop.internal" } }],
    ["edge.hostSuffix", { edge: { hostSuffix: `${"a".repeat(60)}.${"b".repeat(40)}.internal` } }],
    ["edge.publicUrl", { edge: { publicUrl: "shop.example.com" } }],
    ["edge.cloudFrontPrefixListId", { edge: { cloudFrontPrefixListId: "cloudfront" } }],
    ["edge.origin.certificateArn", { edge: { origin: { domainName: "origin.example.com" } } }],
    ["janitor.everyMinutes", { janitor: { everyMinutes: 0 } }],
    ["janitor.mode", { janitor: { mode: "dry-run" } }],
    ["janitor.keep[0]", { janitor: { keep: ["latest"] } }],
  ])("refuses an invalid %s", (path, change) => {
    expect(paths(change)).toEqual([path]);
  });

  it("names the largest heartbeat that an idle time allows", () => {
    const protection = { idleSeconds: "5m", heartbeatSeconds: "4m" };
    expect(() => defineConfig({ ...smallest, protection })).toThrow(
      /less than 4\/5 of protection\.idleSeconds \(5m\)/,
    );
    expect(() =>
      defineConfig({ ...smallest, protection: { ...protection, heartbeatSeconds: "239s" } }),
    ).not.toThrow();
  });

  it("reads a duration in any unit as seconds", () => {
    const units = fc.constantFrom(["s", 1], ["m", 60], ["h", 3600], ["d", 86_400] as const);
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 400 }), units, (count, [unit, size]) => {
        const { protection } = defineConfig({
          ...smallest,
          protection: { windowSeconds: `${count}${unit}`, graceSeconds: 1 },
        });
        expect(protection.windowSeconds).toBe(count * (size as number));
      }),
    );
  });
});
