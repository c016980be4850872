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

/** How long the API may be silent. 60 is what AWS gives without asking (1 to 120); server-sent events need a heartbeat below it. */
const ORIGIN_READ_TIMEOUT_SECONDS = 60;
/** Shorter than the load balancer's idle time-out, so that CloudFront never sends on a connection that is being closed. */
const ORIGIN_KEEP_ALIVE_SECONDS = IDLE_TIMEOUT_SECONDS - 5;
/** What CloudFront caches for 10 seconds unless told otherwise ("How CloudFront processes HTTP 4xx and 5xx status codes"). */
const CACHED_ERRORS = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];

interface EdgeDistributionProps {
  config: LockstepConfig;
  webBucket: IBucket;
  balancer: LoadBalancer;
  functions: ViewerFunctions;
  route: IVersion;
}

/** The distribution: documents by default, status and heartbeat, shared assets without functions, the services by their path patterns. */
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
        // Last: a pattern of a service takes paths with a dot, too.
        ...(appAtRoot(config.web) && { [FILE_PATTERN]: fileBehavior(documents, props) }),
      },
      // Error responses belong to the whole distribution; a missing file may ask S3 each time.
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
 * The web bucket. With the right to list it, S3 answers 404 for a missing object instead of 403. A viewer cannot list it: no behaviour forwards a query, and the functions rewrite `/`.
 */
function webOrigin(scope: Construct, bucket: IBucket): IOrigin {
  Annotations.of(scope).acknowledgeWarning(
    "@aws-cdk/aws-cloudfront-origins:listBucketSecurityRisk",
    "No behaviour forwards a query to the bucket, and the functions rewrite the path /.",
  );
  return S3BucketOrigin.withOriginAccessControl(bucket, {
    originAccessLevels: [AccessLevel.READ, AccessLevel.LIST],
  });
}

/**
 * Documents and all that belongs to one build: `pin` turns the path into that of a build, so the cache needs nothing but
 * the path. Cookies stay out of the key and away from the origin, or CloudFront would cache and replay `Set-Cookie`.
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
      comment: "Files of one build: the path says all. Each file says how long it lives.",
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
 * Paths with a dot may name a file of the build, so their function looks them up. Where it is the function of all paths, the default
 * behaviour does it.
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

/** The function answers; the origin is there because CloudFront wants one. */
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

/** Content-hashed files, shared by all versions: no function runs, nothing depends on who asks. */
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
 * The services: never cached (which also switches collapsing off), everything forwarded. No function at viewer-request: one that
 * returned the request would make CloudFront write its query and cookies anew (docs/decisions/061).
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
      comment: "Everything that the viewer sent, and the protocol by which it came",
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
 * What viewers may keep of documents and of files whose names do not change with their content: nothing without asking, and nothing in a
 * cache that others share (a page comes with a cookie). The policy changes the answer to the viewer only; how long CloudFront itself
 * keeps an object is for the object's own `s-maxage` to say (docs/decisions/065). It removes nothing: `stamp` reads the metadata.
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
 * A CDN in front of CloudFront obeys these headers before `Cache-Control` (RFC 9213), so the `no-store` of `stampAnswer` would mean
 * nothing to it. The policy removes them for nothing; in the function it costs 0.16 of an empty handler. All else is the service's own.
 */
function serviceAnswerHeaders(scope: Construct, app: string): ResponseHeadersPolicy {
  return new ResponseHeadersPolicy(scope, "ServiceAnswers", {
    responseHeadersPolicyName: `${app}-service-answers`,
    comment: "Answers of the services",
    removeHeaders: ["CDN-Cache-Control", "Cloudflare-CDN-Cache-Control", "Surrogate-Control", "Edge-Control"],
  });
}

/** Shared files keep their own caching. What the release notes on them is not for viewers. */
function sharedFileHeaders(scope: Construct, app: string): ResponseHeadersPolicy {
  return new ResponseHeadersPolicy(scope, "SharedFileHeaders", {
    responseHeadersPolicyName: `${app}-shared-files`,
    comment: "Files whose names carry their hash",
    removeHeaders: [CONTENT_HEADER],
    securityHeadersBehavior: securityHeaders(),
  });
}

/** Defaults that an object's own headers override. */
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
