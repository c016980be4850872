import { FUNCTION_MAX_BYTES } from "@lockstep/edge/inspect-function";
import { describe, expect, it } from "vitest";
import { failedChecks, type PlatformFacts } from "../../src/constructs/checks.ts";
import { edgeSettings } from "../../src/constructs/edge-settings.ts";
import { cloudFrontPrefixList } from "../../src/constructs/prefix-lists.ts";
import { synthesise, testConfig } from "./synthesised.ts";

const config = testConfig();
const sound: PlatformFacts = {
  config,
  settings: edgeSettings(config),
  functions: { pinDocument: "a", pinFile: "a", status: "b", stamp: "c", stampAnswer: "d", heartbeat: "e" },
};
const failing = (change: Partial<PlatformFacts>) =>
  failedChecks({ ...sound, ...change }).map(({ check }) => check);

describe("failedChecks()", () => {
  it("accepts the shipped configuration", () => {
    expect(failedChecks(sound)).toEqual([]);
  });

  it("reports a cookie that outlives its service", () => {
    expect(failing({ settings: { ...sound.settings, windowSeconds: 86_401 } })).toEqual(["lifetimes"]);
  });

  it("reports files that are deleted before their service", () => {
    expect(failing({ config: { ...config, files: { lifetimeSeconds: 60 } } })).toEqual(["lifetimes"]);
  });

  it("reports a function that is too large for CloudFront, with its size", () => {
    const stamp = "é".repeat(FUNCTION_MAX_BYTES / 2 + 1);
    expect(failedChecks({ ...sound, functions: { ...sound.functions, stamp } })).toEqual([
      { check: "viewer-function-size", message: expect.stringMatching(/^stamp is 10242 bytes/) },
    ]);
  });

  it("reports a configuration that does not fit into the janitor's environment", () => {
    const api = { ...config.api, environment: { TEXT: "x".repeat(4000) } };
    expect(failing({ config: { ...config, api } })).toEqual(["janitor-environment"]);
  });

  it("fails the synthesis", () => {
    const broken = { ...config, files: { lifetimeSeconds: 60 } };
    expect(() => synthesise(broken)).toThrow(/lifetimes: cookie \(86400 s\) <= service/);
  });
});

describe("cloudFrontPrefixList()", () => {
  it("returns the list of the region", () => {
    expect(cloudFrontPrefixList(testConfig({ region: "eu-west-1" }))).toBe("pl-4fa04526");
  });

  it("prefers the configured list", () => {
    const edge = { cloudFrontPrefixListId: "pl-0123456789abcdef0" };
    expect(cloudFrontPrefixList(testConfig({ edge }))).toBe("pl-0123456789abcdef0");
  });

  it("says where to find and set the id for an unknown region", () => {
    const find = () => cloudFrontPrefixList(testConfig({ region: "mx-central-1" }));
    expect(find).toThrow(/aws ec2 describe-managed-prefix-lists --region mx-central-1/);
    expect(find).toThrow(/edge\.cloudFrontPrefixListId/);
  });
});
