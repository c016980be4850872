import type {
  CachePolicyConfig,
  OriginAccessControlConfig,
  OriginRequestPolicyConfig,
  ResponseHeadersPolicyConfig,
} from "@aws-sdk/client-cloudfront";
import { AwsError, notImplemented } from "../../aws-error.ts";
import { itemsOf } from "./quantity-list.ts";
import { refuseUnknown } from "./refuse-unknown.ts";

/** Throws `InvalidArgument` for contradictory lifetimes, and for a cache key while caching is disabled. */
export function checkCachePolicy(config: CachePolicyConfig): void {
  const known = [
    "Name",
    "Comment",
    "MinTTL",
    "DefaultTTL",
    "MaxTTL",
    "ParametersInCacheKeyAndForwardedToOrigin",
  ];
  refuseUnknown("CachePolicyConfig", config, known);
  const {
    MinTTL = 0,
    DefaultTTL = Math.max(86_400, MinTTL),
    MaxTTL = Math.max(31_536_000, DefaultTTL),
  } = config;
  if (MinTTL > DefaultTTL || DefaultTTL > MaxTTL) {
    throw new AwsError(
      "InvalidArgument",
      `Cache policy ${config.Name}: MinTTL (${MinTTL}) <= DefaultTTL (${DefaultTTL}) <= MaxTTL (${MaxTTL}) does not hold.`,
    );
  }
  const key = config.ParametersInCacheKeyAndForwardedToOrigin;
  const varies =
    key !== undefined &&
    (key.EnableAcceptEncodingGzip ||
      key.EnableAcceptEncodingBrotli ||
      key.HeadersConfig?.HeaderBehavior !== "none" ||
      key.CookiesConfig?.CookieBehavior !== "none" ||
      key.QueryStringsConfig?.QueryStringBehavior !== "none");
  // CloudFront: "The parameter … is invalid for policy with caching disabled".
  if (MaxTTL === 0 && varies) {
    throw new AwsError(
      "InvalidArgument",
      `Cache policy ${config.Name}: with caching disabled (MaxTTL 0) no header, cookie, query string or encoding can be in the cache key.`,
    );
  }
}

/** Headers that the simulated edge can add (the Developer Guide lists about thirty). */
const KNOWN_CLOUDFRONT_HEADERS = [
  "cloudfront-forwarded-proto",
  "cloudfront-viewer-address",
  "cloudfront-viewer-http-version",
];

/**
 * Throws `NotImplemented` for headers that the edge cannot add, and `InvalidArgument` for headers that belong in a
 * cache policy.
 */
export function checkOriginRequestPolicy(config: OriginRequestPolicyConfig): void {
  const known = ["Name", "Comment", "HeadersConfig", "CookiesConfig", "QueryStringsConfig"];
  refuseUnknown("OriginRequestPolicyConfig", config, known);
  for (const header of itemsOf(config.HeadersConfig?.Headers)) {
    const name = header.toLowerCase();
    if (name.startsWith("cloudfront-") && !KNOWN_CLOUDFRONT_HEADERS.includes(name))
      throw notImplemented(`cloudfront: origin request header ${header}`);
    if (name === "authorization" || name === "accept-encoding")
      throw new AwsError(
        "InvalidArgument",
        `${header} cannot be in an origin request policy, only in a cache policy.`,
      );
  }
}

/** Throws `NotImplemented` for CORS and Server-Timing. */
export function checkResponseHeaders(config: ResponseHeadersPolicyConfig): void {
  const known = ["Name", "Comment", "SecurityHeadersConfig", "CustomHeadersConfig", "RemoveHeadersConfig"];
  refuseUnknown("ResponseHeadersPolicyConfig", config, known);
}

/** Throws `NotImplemented` except for S3 origins with signing behavior `always`. */
export function checkAccessControl(config: OriginAccessControlConfig): void {
  if (config.OriginAccessControlOriginType !== "s3")
    throw notImplemented(`cloudfront: origin access control of type ${config.OriginAccessControlOriginType}`);
  if (config.SigningBehavior !== "always")
    throw notImplemented(`cloudfront: OriginAccessControlConfig.SigningBehavior ${config.SigningBehavior}`);
}
