import { describe, expect, it } from "vitest";
import { only, resources, synthesise, testConfig } from "./synthesised.ts";

/** Managed policies, by the ids in the CloudFront developer guide. */
const CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6";
const CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";

const assembly = synthesise();
const platform = "shop-platform";
const distribution = only(assembly, platform, "AWS::CloudFront::Distribution").Properties.DistributionConfig;
const behaviors: Record<string, any> = Object.fromEntries(
  distribution.CacheBehaviors.map((behavior: any) => [behavior.PathPattern, behavior]),
);
const functions = (behavior: any) =>
  (behavior.FunctionAssociations ?? []).map((one: any) => [
    one.EventType,
    resources(assembly, platform)[one.FunctionARN["Fn::GetAtt"][0]]!.Properties.Name,
  ]);

describe("the distribution", () => {
  it("pins and stamps documents", () => {
    expect(functions(distribution.DefaultCacheBehavior)).toEqual([
      ["viewer-request", "shop-pin-document"],
      ["viewer-response", "shop-stamp"],
    ]);
  });

  it("keeps cookies, queries and headers out of the cache key of documents", () => {
    const { Properties } = only(assembly, platform, "AWS::CloudFront::CachePolicy");
    expect(distribution.DefaultCacheBehavior.CachePolicyId).toEqual({
      Ref: expect.stringMatching(/DocumentCache/),
    });
    expect(distribution.DefaultCacheBehavior).not.toHaveProperty("OriginRequestPolicyId");
    expect(Properties.CachePolicyConfig.ParametersInCacheKeyAndForwardedToOrigin).toEqual({
      CookiesConfig: { CookieBehavior: "none" },
      HeadersConfig: { HeaderBehavior: "none" },
      QueryStringsConfig: { QueryStringBehavior: "none" },
      EnableAcceptEncodingBrotli: true,
      EnableAcceptEncodingGzip: true,
    });
  });

  it("runs no function for shared files", () => {
    expect(functions(behaviors["/assets/*"])).toEqual([]);
    expect(behaviors["/assets/*"]).toMatchObject({ CachePolicyId: CACHING_OPTIMIZED });
    expect(behaviors["/assets/*"]).not.toHaveProperty("LambdaFunctionAssociations");
  });

  it("answers the status with a function, before all other patterns and uncached", () => {
    expect(functions(behaviors["/.lockstep/status"])).toEqual([["viewer-request", "shop-status"]]);
    expect(behaviors["/.lockstep/status"]).toMatchObject({ CachePolicyId: CACHING_DISABLED });
    expect(Object.keys(behaviors)[0]).toBe("/.lockstep/status");
  });

  it("has exactly one behavior per path pattern of the API, in addition to those of Lockstep", () => {
    expect(Object.keys(behaviors)).toEqual([
      "/.lockstep/status",
      "/.lockstep/heartbeat",
      "/assets/*",
      "/api/*",
      "/graphql",
      "*.*",
    ]);
  });

  it("routes heartbeats to the API's origin like its own requests, for GET and HEAD only", () => {
    const { FunctionAssociations, AllowedMethods, PathPattern, ...heartbeat } =
      behaviors["/.lockstep/heartbeat"];
    expect(functions({ FunctionAssociations })).toEqual([["viewer-response", "shop-heartbeat"]]);
    expect(AllowedMethods).toEqual(["GET", "HEAD"]);
    expect({ ...behaviors["/api/*"], ...heartbeat }).toEqual(behaviors["/api/*"]);
    expect(heartbeat.LambdaFunctionAssociations).toHaveLength(1);
  });

  it("forwards everything that the viewer sent to the API, and the viewer's protocol", () => {
    const { Properties } = only(assembly, platform, "AWS::CloudFront::OriginRequestPolicy");
    expect(Properties.OriginRequestPolicyConfig).toMatchObject({
      Name: "shop-services",
      CookiesConfig: { CookieBehavior: "all" },
      HeadersConfig: {
        HeaderBehavior: "allViewerAndWhitelistCloudFront",
        Headers: ["CloudFront-Forwarded-Proto"],
      },
      QueryStringsConfig: { QueryStringBehavior: "all" },
    });
  });

  it("has a separate function for paths with a dot, and stamps them like documents", () => {
    const { PathPattern: _pattern, FunctionAssociations: _functions, ...rest } = behaviors["*.*"];
    const { FunctionAssociations: _others, ...documents } = distribution.DefaultCacheBehavior;
    expect(rest).toEqual(documents);
    expect(functions(behaviors["*.*"])).toEqual([
      ["viewer-request", "shop-pin-file"],
      ["viewer-response", "shop-stamp"],
    ]);
  });

  it("has a behavior for each folder of shared files, below the base, and one function for all other paths", () => {
    const web = { kind: "pages" as const, base: "/docs/", hashedFolders: ["_astro", "_app/immutable"] };
    const other = synthesise(testConfig({ web: { ...testConfig().web, ...web } }));
    const { DefaultCacheBehavior, CacheBehaviors } = only(other, platform, "AWS::CloudFront::Distribution")
      .Properties.DistributionConfig;
    expect(CacheBehaviors.map((one: any) => one.PathPattern)).toEqual([
      "/.lockstep/status",
      "/.lockstep/heartbeat",
      "/docs/_astro/*",
      "/docs/_app/immutable/*",
      "/api/*",
      "/graphql",
    ]);
    expect(DefaultCacheBehavior.FunctionAssociations).toHaveLength(2);
  });

  it.each(["/api/*", "/graphql"])(
    "routes %s, uncached, without a function that rewrites the request",
    (pattern) => {
      const behavior = behaviors[pattern];
      expect(functions(behavior)).toEqual([["viewer-response", "shop-stamp-answer"]]);
      expect(behavior.LambdaFunctionAssociations).toEqual([
        { EventType: "origin-request", IncludeBody: false, LambdaFunctionARN: expect.anything() },
      ]);
      expect(behavior).toMatchObject({
        CachePolicyId: CACHING_DISABLED,
        OriginRequestPolicyId: { Ref: expect.stringMatching(/ServiceRequests/) },
      });
      expect(behavior.AllowedMethods).toEqual(
        expect.arrayContaining(["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
      );
      const { Comment: _comment, ...policy } = policyOf(behavior);
      expect(policy).toEqual({
        Name: "shop-service-answers",
        RemoveHeadersConfig: {
          Items: [
            "CDN-Cache-Control",
            "Cloudflare-CDN-Cache-Control",
            "Surrogate-Control",
            "Edge-Control",
          ].map((Header) => ({ Header })),
        },
      });
    },
  );

  it("does not cache errors", () => {
    const ttls = distribution.CustomErrorResponses.map((one: any) => [one.ErrorCode, one.ErrorCachingMinTTL]);
    expect(ttls).toEqual([400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504].map((code) => [code, 0]));
  });

  it("does not replace an error by a page, which would have no cookie", () => {
    expect(JSON.stringify(distribution.CustomErrorResponses)).not.toContain("ResponsePagePath");
    expect(distribution).not.toHaveProperty("DefaultRootObject");
  });

  const policyOf = (behavior: any) =>
    resources(assembly, platform)[behavior.ResponseHeadersPolicyId.Ref]!.Properties
      .ResponseHeadersPolicyConfig;

  it("forbids shared caches to store documents, and removes no header that stamp reads", () => {
    const documents = policyOf(distribution.DefaultCacheBehavior);
    expect(documents).not.toHaveProperty("RemoveHeadersConfig");
    expect(documents.CustomHeadersConfig.Items).toEqual([
      { Header: "Cache-Control", Value: "private, no-cache", Override: true },
    ]);
  });

  it("keeps the caching of shared files, and removes the metadata of the release", () => {
    const shared = policyOf(behaviors["/assets/*"]);
    expect(shared).not.toHaveProperty("CustomHeadersConfig");
    expect(shared.RemoveHeadersConfig.Items).toEqual([{ Header: "x-amz-meta-lockstep-content" }]);
  });

  it("waits 60 seconds for the API, and closes an idle connection before the load balancer does", () => {
    expect(distribution.Origins[1].CustomOriginConfig).toMatchObject({
      OriginReadTimeout: 60,
      OriginKeepaliveTimeout: 55,
      OriginProtocolPolicy: "http-only",
    });
  });

  it("reads files with origin access control", () => {
    expect(distribution.Origins[0].OriginAccessControlId).toBeDefined();
    const { OriginAccessControlConfig } = only(
      assembly,
      platform,
      "AWS::CloudFront::OriginAccessControl",
    ).Properties;
    expect(OriginAccessControlConfig).toMatchObject({ SigningBehavior: "always", SigningProtocol: "sigv4" });
  });
});

describe("the edge function", () => {
  const route = only(assembly, "shop-edge", "AWS::Lambda::Function");

  it("meets the requirements of Lambda@Edge: Node 24, x86_64, no environment, no VPC", () => {
    expect(route.Properties).toMatchObject({ Runtime: "nodejs24.x", Architectures: ["x86_64"] });
    expect(route.Properties).not.toHaveProperty("Environment");
    expect(route.Properties).not.toHaveProperty("VpcConfig");
  });

  it("is retained with its version when its stack is deleted, because CloudFront's copies are deleted hours later", () => {
    expect(route.DeletionPolicy).toBe("Retain");
    expect(only(assembly, "shop-edge", "AWS::Lambda::Version").DeletionPolicy).toBe("Retain");
  });
});
