import { appAtRoot } from "@lockstep/edge/edge-settings";
import {
  CONTENT_HEADER,
  FILE_PATTERN,
  HEARTBEAT_PATH,
  ORIGIN_SECRET_HEADER,
  STATUS_PATH,
  VIEWER_PROTOCOL_HEADER,
} from "@lockstep/edge/names";
import { Annotations, Duration } from "aws-cdk-lib";
import {
  AccessLevel,
  AllowedMethods,
  type BehaviorOptions,
  CacheCookieBehavior,
  CacheHeaderBehavior,
  CachePolicy,
  CacheQueryStringBehavior,
  Distribution,
  type ErrorResponse,
  FunctionEventType,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  type IOrigin,
  LambdaEdgeEventType,
  OriginProtocolPolicy,
  OriginRequestCookieBehavior,
  OriginRequestHeaderBehavior,
  OriginRequestPolicy,
  OriginRequestQueryStringBehavior,
  OriginSslPolicy,
  PriceClass,
  ResponseHeadersPolicy,
  type ResponseSecurityHeadersBehavior,
  ViewerProtocolPolicy,
} from "aws-cdk-lib/aws-cloudfront";
import { HttpOrigin, S3BucketOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import type { IVersion } from "aws-cdk-lib/aws-lambda";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import type { LockstepConfig } from "../config/config.ts";
import { hashedPrefixes } from "../config/relations.ts";
import { IDLE_TIMEOUT_SECONDS, type LoadBalancer } from "./load-balancer.ts";
import type { ViewerFunctions } from "./viewer-functions.ts";

/** How long CloudFront waits for data from the API, 1 to 120. Server-sent events need a heartbeat within this time. */
const ORIGIN_READ_TIMEOUT_SECONDS = 60;
/** Shorter than the load balancer's idle timeout, so that CloudFront never uses a connection that is being closed. */
const ORIGIN_KEEP_ALIVE_SECONDS = IDLE_TIMEOUT_SECONDS - 5;
/** Errors that CloudFront caches by default ("How CloudFront processes HTTP 4xx and 5xx status codes"). */
const CACHED_ERRORS = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];

interface EdgeDistributionProps {
  config: LockstepConfig;
  webBucket: IBucket;
  balancer: LoadBalancer;
  functions: ViewerFunctions;
  route: IVersion;
}

/** The distribution. Its behaviors: documents (the default), status, heartbeat, shared files, and the services. */
export class EdgeDistribution extends Construct {
  readonly distribution: Distribution;

  constructor(scope: Construct, id: string, props: EdgeDistributionProps) {
    super(scope, id);
    const { config } = props;
    const files = webOrigin(this, props.webBucket);
    const headers = documentHeaders(this, config.app);
    const shared = sharedFileHeaders(this, config.app);
    const documents = documentBehavior(this, props, files, headers);
    const service = serviceBehavior(this, props);
    const { functions } = props;
    this.distribution = new Distribution(this, "Distribution", {
      comment: `Lockstep: ${config.app}`,
      defaultBehavior: documents,
      additionalBehaviors: {
        [STATUS_PATH]: statusBehavior(props, files),
        [HEARTBEAT_PATH]: {
          ...service,
          allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
          functionAssociations: [
            { eventType: FunctionEventType.VIEWER_RESPONSE, function: functions.heartbeat },
          ],
        },
        ...Object.fromEntries(
          hashedPrefixes(config.web).map((prefix) => [`${prefix}*`, assetBehavior(files, shared)]),
        ),
        ...Object.fromEntries(config.api.pathPatterns.map((pattern) => [pattern, service])),
        // Last, because a pattern of a service also matches paths with a dot.
        ...(appAtRoot(config.web) && { [FILE_PATTERN]: fileBehavior(documents, props) }),
      },
      // Applies to the whole distribution. Each request for a missing file goes to S3.
      errorResponses: CACHED_ERRORS.map(
        (httpStatus): ErrorResponse => ({ httpStatus, ttl: Duration.seconds(0) }),
      ),
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_ALL,
      enableIpv6: true,
    });
  }
}

/**
 * The web bucket. With permission to list it, CloudFront receives 404 for a missing object instead of 403. A viewer
 * cannot list it, because no behavior forwards a query, and the functions rewrite `/`.
 */
function webOrigin(scope: Construct, bucket: IBucket): IOrigin {
  Annotations.of(scope).acknowledgeWarning(
    "@aws-cdk/aws-cloudfront-origins:listBucketSecurityRisk",
    "No behavior forwards a query to the bucket, and the functions rewrite the path /.",
  );
  return S3BucketOrigin.withOriginAccessControl(bucket, {
    originAccessLevels: [AccessLevel.READ, AccessLevel.LIST],
  });
}

/**
 * Documents and the other files of one build. `pin` rewrites the path to that of a build, so the cache key is only the
 * path. Cookies are not part of the key and are not sent to the origin; otherwise CloudFront would cache and replay
 * `Set-Cookie`.
 */
function documentBehavior(
  scope: Construct,
  { config, functions }: EdgeDistributionProps,
  origin: IOrigin,
  responseHeadersPolicy: ResponseHeadersPolicy,
): BehaviorOptions {
  return {
    origin,
    responseHeadersPolicy,
    allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
    viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
    compress: true,
    cachePolicy: new CachePolicy(scope, "DocumentCache", {
      cachePolicyName: `${config.app}-documents`,
      comment: "Files of one build. The path is the key; each file sets its own lifetime.",
      cookieBehavior: CacheCookieBehavior.none(),
      headerBehavior: CacheHeaderBehavior.none(),
      queryStringBehavior: CacheQueryStringBehavior.none(),
      enableAcceptEncodingBrotli: true,
      enableAcceptEncodingGzip: true,
      minTtl: Duration.seconds(0),
      defaultTtl: Duration.days(1),
      maxTtl: Duration.days(365),
    }),
    functionAssociations: [
      { eventType: FunctionEventType.VIEWER_REQUEST, function: functions.pinDocument },
      { eventType: FunctionEventType.VIEWER_RESPONSE, function: functions.stamp },
    ],
  };
}

/**
 * Paths with a dot may name a file of the build, so their function looks them up. Not needed if the default behavior
 * has the same function.
 */
function fileBehavior(documents: BehaviorOptions, { functions }: EdgeDistributionProps): BehaviorOptions {
  return {
    ...documents,
    functionAssociations: [
      { eventType: FunctionEventType.VIEWER_REQUEST, function: functions.pinFile },
      { eventType: FunctionEventType.VIEWER_RESPONSE, function: functions.stamp },
    ],
  };
}

/** The function answers. The origin is never used, but CloudFront requires one. */
function statusBehavior({ functions }: EdgeDistributionProps, origin: IOrigin): BehaviorOptions {
  return {
    origin,
    allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
    viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
    compress: false,
    cachePolicy: CachePolicy.CACHING_DISABLED,
    functionAssociations: [{ eventType: FunctionEventType.VIEWER_REQUEST, function: functions.status }],
  };
}

/** Files that all versions share. No function runs, and the answer is the same for every viewer. */
function assetBehavior(origin: IOrigin, responseHeadersPolicy: ResponseHeadersPolicy): BehaviorOptions {
  return {
    origin,
    responseHeadersPolicy,
    allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
    viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
    compress: true,
    cachePolicy: CachePolicy.CACHING_OPTIMIZED,
  };
}

/**
 * The services. Nothing is cached, which also disables request collapsing, and everything is forwarded. There is no
 * function at viewer-request: if one returned the request, CloudFront would re-encode its query and cookies
 * (docs/decisions/061).
 */
function serviceBehavior(
  scope: Construct,
  { config, balancer, functions, route }: EdgeDistributionProps,
): BehaviorOptions {
  const { origin } = config.edge;
  return {
    origin: new HttpOrigin(origin?.domainName ?? balancer.loadBalancer.loadBalancerDnsName, {
      protocolPolicy: origin ? OriginProtocolPolicy.HTTPS_ONLY : OriginProtocolPolicy.HTTP_ONLY,
      originSslProtocols: [OriginSslPolicy.TLS_V1_2],
      readTimeout: Duration.seconds(ORIGIN_READ_TIMEOUT_SECONDS),
      keepaliveTimeout: Duration.seconds(ORIGIN_KEEP_ALIVE_SECONDS),
      customHeaders: { [ORIGIN_SECRET_HEADER]: balancer.originSecretReference },
    }),
    allowedMethods: AllowedMethods.ALLOW_ALL,
    viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
    compress: false,
    cachePolicy: CachePolicy.CACHING_DISABLED,
    originRequestPolicy: new OriginRequestPolicy(scope, "ServiceRequests", {
      originRequestPolicyName: `${config.app}-services`,
      comment: "Everything that the viewer sent, and the viewer's protocol",
      cookieBehavior: OriginRequestCookieBehavior.all(),
      headerBehavior: OriginRequestHeaderBehavior.all(VIEWER_PROTOCOL_HEADER),
      queryStringBehavior: OriginRequestQueryStringBehavior.all(),
    }),
    responseHeadersPolicy: serviceAnswerHeaders(scope, config.app),
    functionAssociations: [{ eventType: FunctionEventType.VIEWER_RESPONSE, function: functions.stampAnswer }],
    edgeLambdas: [
      { eventType: LambdaEdgeEventType.ORIGIN_REQUEST, functionVersion: route, includeBody: false },
    ],
  };
}

/**
 * Viewers must revalidate documents and files whose names do not change with their content, and shared caches must not
 * store them, because a page sets a cookie. The policy only changes the answer to the viewer. `s-maxage` of the object
 * decides how long CloudFront caches it (docs/decisions/065). The policy removes no header, because `stamp` reads the
 * metadata.
 */
function documentHeaders(scope: Construct, app: string): ResponseHeadersPolicy {
  return new ResponseHeadersPolicy(scope, "SecurityHeaders", {
    responseHeadersPolicyName: `${app}-files`,
    comment: "Documents and files of one build",
    customHeadersBehavior: {
      customHeaders: [{ header: "Cache-Control", value: "private, no-cache", override: true }],
    },
    securityHeadersBehavior: securityHeaders(),
  });
}

/**
 * A CDN in front of CloudFront prefers these headers to `Cache-Control` (RFC 9213), so it would ignore the `no-store`
 * of `stampAnswer`. Removing them by policy costs nothing; in the function it costs 0.16 of an empty handler.
 */
function serviceAnswerHeaders(scope: Construct, app: string): ResponseHeadersPolicy {
  return new ResponseHeadersPolicy(scope, "ServiceAnswers", {
    responseHeadersPolicyName: `${app}-service-answers`,
    comment: "Answers of the services",
    removeHeaders: ["CDN-Cache-Control", "Cloudflare-CDN-Cache-Control", "Surrogate-Control", "Edge-Control"],
  });
}

/** Shared files have their own `Cache-Control`. The metadata of the release is not sent to viewers. */
function sharedFileHeaders(scope: Construct, app: string): ResponseHeadersPolicy {
  return new ResponseHeadersPolicy(scope, "SharedFileHeaders", {
    responseHeadersPolicyName: `${app}-shared-files`,
    comment: "Files whose names carry their hash",
    removeHeaders: [CONTENT_HEADER],
    securityHeadersBehavior: securityHeaders(),
  });
}

/** Security headers. Except for `nosniff`, a header of the object has precedence. */
function securityHeaders(): ResponseSecurityHeadersBehavior {
  return {
    contentTypeOptions: { override: true },
    frameOptions: { frameOption: HeadersFrameOption.SAMEORIGIN, override: false },
    referrerPolicy: {
      referrerPolicy: HeadersReferrerPolicy.STRICT_ORIGIN_WHEN_CROSS_ORIGIN,
      override: false,
    },
    strictTransportSecurity: { accessControlMaxAge: Duration.days(365), override: false },
  };
}
