import type {
  CachePolicyConfig,
  OriginRequestPolicyConfig,
  ResponseHeadersPolicyConfig,
} from "@aws-sdk/client-cloudfront";

/**
 * AWS's managed policies by their public ids (Developer Guide: "Use managed cache policies", "… origin request
 * policies", "… response headers policies"). Other ids do not exist here.
 */
export const MANAGED_CACHE_POLICIES: Record<string, CachePolicyConfig> = {
  "658327ea-f89d-4fab-a63d-7e88639e58f6": cachePolicy(
    "Managed-CachingOptimized",
    [1, 86_400, 31_536_000],
    true,
  ),
  "b2884449-e4de-46a7-ac36-70bc7f1ddd6d": cachePolicy(
    "Managed-CachingOptimizedForUncompressedObjects",
    [1, 86_400, 31_536_000],
    false,
  ),
  "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": cachePolicy("Managed-CachingDisabled", [0, 0, 0], false),
};

export const MANAGED_ORIGIN_REQUEST_POLICIES: Record<string, OriginRequestPolicyConfig> = {
  "216adef6-5c7f-47e4-b989-5492eafa07d3": {
    Name: "Managed-AllViewer",
    Comment: "",
    HeadersConfig: { HeaderBehavior: "allViewer" },
    CookiesConfig: { CookieBehavior: "all" },
    QueryStringsConfig: { QueryStringBehavior: "all" },
  },
  "b689b0a8-53d0-40ab-baf2-68738e2966ac": {
    Name: "Managed-AllViewerExceptHostHeader",
    Comment: "",
    HeadersConfig: { HeaderBehavior: "allExcept", Headers: { Quantity: 1, Items: ["host"] } },
    CookiesConfig: { CookieBehavior: "all" },
    QueryStringsConfig: { QueryStringBehavior: "all" },
  },
  "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf": headersOnly("Managed-CORS-S3Origin", [
    "origin",
    "access-control-request-headers",
    "access-control-request-method",
  ]),
  "59781a5b-3903-41f3-afcb-af62929ccde1": headersOnly("Managed-CORS-CustomOrigin", ["origin"]),
  "acba4595-bd28-49b8-b9fe-13317c0390fa": headersOnly("Managed-UserAgentRefererHeaders", [
    "user-agent",
    "referer",
  ]),
};

export const MANAGED_RESPONSE_HEADERS_POLICIES: Record<string, ResponseHeadersPolicyConfig> = {
  "67f7725c-6f97-4210-82d7-5512b31e9d03": {
    Name: "Managed-SecurityHeadersPolicy",
    Comment: "",
    SecurityHeadersConfig: {
      XSSProtection: { Override: false, Protection: true, ModeBlock: true },
      FrameOptions: { Override: false, FrameOption: "SAMEORIGIN" },
      ReferrerPolicy: { Override: false, ReferrerPolicy: "strict-origin-when-cross-origin" },
      ContentTypeOptions: { Override: true },
      StrictTransportSecurity: { Override: false, AccessControlMaxAgeSec: 31_536_000 },
    },
  },
};

function cachePolicy(
  name: string,
  [min, standard, max]: [number, number, number],
  compress: boolean,
): CachePolicyConfig {
  return {
    Name: name,
    Comment: "",
    MinTTL: min,
    DefaultTTL: standard,
    MaxTTL: max,
    ParametersInCacheKeyAndForwardedToOrigin: {
      EnableAcceptEncodingGzip: compress,
      EnableAcceptEncodingBrotli: compress,
      HeadersConfig: { HeaderBehavior: "none" },
      CookiesConfig: { CookieBehavior: "none" },
      QueryStringsConfig: { QueryStringBehavior: "none" },
    },
  };
}

function headersOnly(name: string, headers: string[]): OriginRequestPolicyConfig {
  return {
    Name: name,
    Comment: "",
    HeadersConfig: { HeaderBehavior: "whitelist", Headers: { Quantity: headers.length, Items: headers } },
    CookiesConfig: { CookieBehavior: "none" },
    QueryStringsConfig: { QueryStringBehavior: "none" },
  };
}
