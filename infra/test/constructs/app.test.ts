import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../../src/config/config.ts";

/** Nothing listens here, so any use of the network or of a credential service fails. */
const UNREACHABLE = "http://127.0.0.1:9";

/** A home without `~/.aws`; cdk leaves its caches there. */
let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "lockstep-home-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

interface Run {
  code: number | null;
  stderr: string;
}

/** Runs the genuine cdk on the shipped configuration, without credentials and without a network. */
function cdk(args: string[], environment: Record<string, string> = {}): Promise<Run> {
  const entry = join(projectRoot, "node_modules", "aws-cdk", "bin", "cdk");
  const child = spawn(process.execPath, [entry, ...args], {
    cwd: projectRoot,
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      PATH: `${join(process.execPath, "..")}:${process.env.PATH}`,
      HOME: home,
      AWS_EC2_METADATA_DISABLED: "true",
      HTTP_PROXY: UNREACHABLE,
      HTTPS_PROXY: UNREACHABLE,
      CI: "true",
      ...environment,
    },
  });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stderr }));
  });
}

describe("cdk synth", () => {
  let output: string;
  let run: Run;
  beforeAll(async () => {
    output = mkdtempSync(join(tmpdir(), "lockstep-synth-"));
    run = await cdk(["synth", "--quiet", "--output", output]);
  });
  afterAll(() => rmSync(output, { recursive: true, force: true }));

  it("works with no credentials and no network", () => {
    expect(run).toMatchObject({ code: 0 });
    const templates = readdirSync(output).filter((file) => file.endsWith(".template.json"));
    expect(templates.sort()).toEqual(["lockstep-edge.template.json", "lockstep-platform.template.json"]);
  });

  it("passes CloudFormation's validation", () => {
    const report = JSON.parse(readFileSync(join(output, "validation-report.json"), "utf8"));
    expect(report.pluginReports).toEqual([]);
  });

  it("bundles each function separately", async () => {
    const assets = readdirSync(output).filter((name) => name.startsWith("asset."));
    const files = assets.flatMap((asset) =>
      readdirSync(join(output, asset)).map((file) => join(output, asset, file)),
    );
    const janitor = files.find((file) => file.endsWith("index.mjs"))!;
    const route = files.find(
      (file) =>
        file.endsWith("index.js") && readFileSync(file, "utf8").includes("/lockstep/lockstep/version-map"),
    )!;
    expect(await import(pathToFileURL(janitor).href)).toHaveProperty("handler", expect.any(Function));
    expect(await import(pathToFileURL(route).href)).toHaveProperty("handler", expect.any(Function));
  });
});

it("cdk synth reports an invalid configuration without a stack trace", async () => {
  const { code, stderr } = await cdk(["synth", "--quiet"], { LOCKSTEP_CONFIG: "no/such.config.ts" });
  expect(code).toBe(1);
  expect(stderr).toContain("no/such.config.ts: 1 value is not valid.");
  expect(stderr).not.toMatch(/at .*load-config\.ts/);
});
