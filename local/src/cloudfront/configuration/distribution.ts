import type {
  CacheBehavior,
  CachePolicyConfig,
  DefaultCacheBehavior,
  DistributionConfig,
  Origin as OriginConfig,
  OriginRequestPolicyConfig,
  ResponseHeadersPolicyConfig,
} from "@aws-sdk/client-cloudfront";
import { compilePathPattern } from "./path-pattern.ts";
import { compileResponseHeaders, type ResponseHeaders } from "./response-headers.ts";
import { compileSelection, type Selection } from "./selection.ts";

/**
 * A distribution as the edges read it: names are resolved, patterns and lists are compiled. It is replaced, never
 * modified.
 */
export interface Distribution {
  id: string;
  arn: string;
  domainName: string;
  enabled: boolean;
  /** Without a leading slash; empty if not configured. */
  defaultRootObject: string;
  /** In order of precedence. The last one matches every path. */
  behaviors: Behavior[];
  /** HTTP status → `ErrorCachingMinTTL`, for the configured statuses. */
  errorSeconds: ReadonlyMap<number, number>;
}

export interface Behavior {
  pathPattern: string;
  matches(normalizedPath: string): boolean;
  methods: ReadonlySet<string>;
  origin: Origin;
  cache: CachePolicy;
  forward: Forwarding | undefined;
  responseHeaders: ResponseHeaders | undefined;
  compress: boolean;
  /** ARNs of CloudFront Functions. */
  viewerRequest: string | undefined;
  viewerResponse: string | undefined;
  /** ARN of a Lambda@Edge version. */
  originRequest: string | undefined;
}

export interface CachePolicy {
  minSeconds: number;
  defaultSeconds: number;
  maxSeconds: number;
  gzip: boolean;
  brotli: boolean;
  headers: Selection;
  cookies: Selection;
  queries: Selection;
}

/** An origin request policy: what the edge forwards in addition to the cache key. */
interface Forwarding {
  headers: Selection;
  cookies: Selection;
  queries: Selection;
}

interface AnyOrigin {
  id: string;
  domainName: string;
  /** Prefix of the path: empty, or `/…` without a trailing slash. */
  path: string;
  /** Lower-case name → value, in configured order. */
  customHeaders: ReadonlyMap<string, string>;
  connectionAttempts: number;
  connectionTimeoutMs: number;
}

export interface S3Origin extends AnyOrigin {
  kind: "s3";
  bucket: string;
  region: string;
  /** Whether an origin access control signs the requests. */
  signed: boolean;
}

export interface CustomOrigin extends AnyOrigin {
  kind: "custom";
  protocol: "http" | "https";
  port: number;
  readTimeoutSeconds: number;
  keepaliveTimeoutSeconds: number;
  sslProtocols: string[];
}

export type Origin = S3Origin | CustomOrigin;

/** Finds the policies that a configuration refers to by id. Each method throws for an unknown id. */
export interface PolicyLookup {
  cachePolicy(id: string): CachePolicyConfig;
  originRequestPolicy(id: string): OriginRequestPolicyConfig;
  responseHeadersPolicy(id: string): ResponseHeadersPolicyConfig;
}

export function compileDistribution(
  identity: { id: string; arn: string; domainName: string; config: DistributionConfig },
  lookup: PolicyLookup,
): Distribution {
  const { id, arn, domainName, config } = identity;
  const origins = new Map(config.Origins!.Items!.map((origin) => [origin.Id!, compileOrigin(origin)]));
  const behaviors = [...(config.CacheBehaviors?.Items ?? []), config.DefaultCacheBehavior!];
  return {
    id,
    arn,
    domainName,
    enabled: config.Enabled ?? false,
    defaultRootObject: (config.DefaultRootObject ?? "").replace(/^\//, ""),
    behaviors: behaviors.map((behavior) => compileBehavior(behavior, origins, lookup)),
    errorSeconds: new Map(
      (config.CustomErrorResponses?.Items ?? []).map((item) => [
        item.ErrorCode!,
        item.ErrorCachingMinTTL ?? 10,
      ]),
    ),
  };
}

function compileBehavior(
  config: CacheBehavior | DefaultCacheBehavior,
  origins: Map<string, Origin>,
  lookup: PolicyLookup,
): Behavior {
  const pathPattern = "PathPattern" in config && config.PathPattern ? config.PathPattern : "*";
  const functionAt = (event: string) =>
    config.FunctionAssociations?.Items?.find((item) => item.EventType === event)?.FunctionARN;
  return {
    pathPattern,
    matches: compilePathPattern(pathPattern),
    methods: new Set<string>(config.AllowedMethods?.Items ?? ["GET", "HEAD"]),
    origin: origins.get(config.TargetOriginId!)!,
    cache: compileCachePolicy(lookup.cachePolicy(config.CachePolicyId!)),
    forward: config.OriginRequestPolicyId
      ? compileForwarding(lookup.originRequestPolicy(config.OriginRequestPolicyId))
      : undefined,
    responseHeaders: config.ResponseHeadersPolicyId
      ? compileResponseHeaders(lookup.responseHeadersPolicy(config.ResponseHeadersPolicyId))
      : undefined,
    compress: config.Compress ?? false,
    viewerRequest: functionAt("viewer-request"),
    viewerResponse: functionAt("viewer-response"),
    originRequest: config.LambdaFunctionAssociations?.Items?.[0]?.LambdaFunctionARN,
  };
}

function compileCachePolicy(config: CachePolicyConfig): CachePolicy {
  const key = config.ParametersInCacheKeyAndForwardedToOrigin;
  const minSeconds = config.MinTTL ?? 0;
  const defaultSeconds = config.DefaultTTL ?? Math.max(86_400, minSeconds);
  return {
    minSeconds,
    defaultSeconds,
    maxSeconds: config.MaxTTL ?? Math.max(31_536_000, defaultSeconds),
    gzip: key?.EnableAcceptEncodingGzip ?? false,
    brotli: key?.EnableAcceptEncodingBrotli ?? false,
    headers: compileSelection(
      key?.HeadersConfig?.HeaderBehavior,
      key?.HeadersConfig?.Headers?.Items,
      "lower-case",
    ),
    cookies: compileSelection(key?.CookiesConfig?.CookieBehavior, key?.CookiesConfig?.Cookies?.Items),
    queries: compileSelection(
      key?.QueryStringsConfig?.QueryStringBehavior,
      key?.QueryStringsConfig?.QueryStrings?.Items,
    ),
  };
}

function compileForwarding(config: OriginRequestPolicyConfig): Forwarding {
  const { HeadersConfig, CookiesConfig, QueryStringsConfig } = config;
  return {
    headers: compileSelection(HeadersConfig?.HeaderBehavior, HeadersConfig?.Headers?.Items, "lower-case"),
    cookies: compileSelection(CookiesConfig?.CookieBehavior, CookiesConfig?.Cookies?.Items),
    queries: compileSelection(
      QueryStringsConfig?.QueryStringBehavior,
      QueryStringsConfig?.QueryStrings?.Items,
    ),
  };
}

/** `<bucket>.s3.amazonaws.com`, `<bucket>.s3.<region>.amazonaws.com` or (older) `<bucket>.s3-<region>.amazonaws.com` */
const S3_NAME = /^(.+)\.s3(?:[.-]([a-z0-9-]+))?\.amazonaws\.com$/;

function compileOrigin(config: OriginConfig): Origin {
  const common = {
    id: config.Id!,
    domainName: config.DomainName!,
    path: config.OriginPath ?? "",
    customHeaders: new Map(
      (config.CustomHeaders?.Items ?? []).map((item) => [item.HeaderName!.toLowerCase(), item.HeaderValue!]),
    ),
    connectionAttempts: config.ConnectionAttempts ?? 3,
    connectionTimeoutMs: (config.ConnectionTimeout ?? 10) * 1000,
  };
  const custom = config.CustomOriginConfig;
  if (custom === undefined) {
    const [, bucket = "", region = "us-east-1"] = S3_NAME.exec(config.DomainName!) ?? [];
    return { ...common, kind: "s3", bucket, region, signed: Boolean(config.OriginAccessControlId) };
  }
  // Viewers count as HTTPS, so "match-viewer" means https.
  const protocol = custom.OriginProtocolPolicy === "http-only" ? "http" : "https";
  return {
    ...common,
    kind: "custom",
    protocol,
    port: (protocol === "http" ? custom.HTTPPort : custom.HTTPSPort) ?? (protocol === "http" ? 80 : 443),
    readTimeoutSeconds: custom.OriginReadTimeout ?? 30,
    keepaliveTimeoutSeconds: custom.OriginKeepaliveTimeout ?? 5,
    sslProtocols: custom.OriginSslProtocols?.Items ?? ["TLSv1.2"],
  };
}
