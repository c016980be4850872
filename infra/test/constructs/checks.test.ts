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
  routeArchitecture: "x86_64",
};
const failing = (change: Partial<PlatformFacts>) =>
  failedChecks({ ...sound, ...change }).map(({ check }) => check);
const withProtection = (change: object) => ({ ...config, protection: { ...config.protection, ...change } });

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

  it("reports an edge function on arm64", () => {
    expect(failing({ routeArchitecture: "arm64" })).toEqual(["edge-architecture"]);
  });

  it.each(["shop.v2", "shop_1.internal", `${"a".repeat(120)}.internal`])(
    "reports the host suffix %s, which is not a valid host condition",
    (hostSuffix) => {
      expect(failing({ config: { ...config, edge: { ...config.edge, hostSuffix } } })).toContain(
        "host-condition",
      );
    },
  );

  it("reports more versions than an ALB has target groups for", () => {
    expect(failing({ config: withProtection({ maxVersions: 91 }) })).toEqual(["max-versions"]);
  });

  it("accepts the map of 90 versions with the longest suffix, and reports one that does not fit", () => {
    const edge = { ...config.edge, hostSuffix: `${"a".repeat(95)}.internal` };
    expect(failing({ config: { ...withProtection({ maxVersions: 90 }), edge } })).toEqual([]);
    expect(failing({ config: withProtection({ maxVersions: 140 }) })).toContain("map-capacity");
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
