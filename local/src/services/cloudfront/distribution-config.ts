import type {
  CacheBehavior,
  DefaultCacheBehavior,
  DistributionConfig,
  Origin,
} from "@aws-sdk/client-cloudfront";
import { AwsError, notImplemented } from "../../aws-error.ts";
import { itemsOf } from "./quantity-list.ts";
import { refuseUnknown } from "./refuse-unknown.ts";

/** Members that the data plane implements, or that have no effect on one machine. */
// biome-ignore format: the names read better in rows than one on each line
const CONFIG = [
  "CallerReference", "Comment", "Enabled", "DefaultRootObject", "Origins", "DefaultCacheBehavior", "CacheBehaviors",
  "CustomErrorResponses",
  // These have no effect on one machine:
  "Aliases", "PriceClass", "ViewerCertificate", "HttpVersion", "IsIPV6Enabled", "Restrictions", "Logging", "ConnectionMode",
];
// biome-ignore format: the names read better in rows than one on each line
const BEHAVIOR = [
  "PathPattern", "TargetOriginId", "ViewerProtocolPolicy", "AllowedMethods", "Compress", "LambdaFunctionAssociations",
  "FunctionAssociations", "CachePolicyId", "OriginRequestPolicyId", "ResponseHeadersPolicyId",
];
// biome-ignore format: the names read better in rows than one on each line
const ORIGIN = [
  "Id", "DomainName", "OriginPath", "CustomHeaders", "S3OriginConfig", "CustomOriginConfig", "ConnectionAttempts",
  "ConnectionTimeout", "OriginAccessControlId",
];

/** Refuses what CloudFront refuses (`InvalidArgument` and others) and settings that are not simulated (`NotImplemented`). */
export function checkDistributionConfig(config: DistributionConfig): void {
  refuseUnknown("DistributionConfig", config, CONFIG);
  if (config.Logging?.Enabled) throw notImplemented("cloudfront: DistributionConfig.Logging");
  if ((config.Restrictions?.GeoRestriction?.RestrictionType ?? "none") !== "none")
    throw notImplemented("cloudfront: DistributionConfig.Restrictions.GeoRestriction");
  const origins = itemsOf(config.Origins);
  if (origins.length === 0) throw invalid("A distribution needs at least one origin.");
  for (const origin of origins) checkOrigin(origin);
  const behaviors = itemsOf(config.CacheBehaviors);
  for (const behavior of behaviors) {
    if (!behavior.PathPattern) throw invalid("A cache behavior has no PathPattern.");
    if (behaviors.filter((other) => other.PathPattern === behavior.PathPattern).length > 1)
      throw invalid(`Two cache behaviors have the path pattern ${behavior.PathPattern}.`);
  }
  for (const behavior of [...behaviors, config.DefaultCacheBehavior!]) checkBehavior(behavior, origins);
  for (const response of itemsOf(config.CustomErrorResponses)) {
    if (response.ResponsePagePath || response.ResponseCode)
      throw notImplemented("cloudfront: CustomErrorResponse.ResponsePagePath (custom error pages)");
  }
}

function checkOrigin(origin: Origin): void {
  refuseUnknown("Origin", origin, ORIGIN);
  const { Id, DomainName = "", OriginPath = "" } = origin;
  if (
    !/^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$/.test(DomainName) ||
    !DomainName.includes(".") ||
    /^[\d.]+$/.test(DomainName)
  )
    throw new AwsError(
      "InvalidArgument",
      `The parameter origin name must be a domain name: "${DomainName}" (origin ${Id}).`,
    );
  if (OriginPath !== "" && (!OriginPath.startsWith("/") || OriginPath.endsWith("/")))
    throw invalid(`The path of origin ${Id} must begin with "/" and not end with it: "${OriginPath}".`);
  if ((origin.S3OriginConfig === undefined) === (origin.CustomOriginConfig === undefined))
    throw invalid(`Origin ${Id} must have either S3OriginConfig or CustomOriginConfig.`);
  if (origin.S3OriginConfig?.OriginAccessIdentity)
    throw notImplemented("cloudfront: S3OriginConfig.OriginAccessIdentity (use an origin access control)");
  if (origin.OriginAccessControlId && origin.S3OriginConfig === undefined)
    throw notImplemented(`cloudfront: an origin access control on custom origin ${Id}`);
  if (origin.CustomOriginConfig !== undefined) {
    const known = [
      "HTTPPort",
      "HTTPSPort",
      "OriginProtocolPolicy",
      "OriginSslProtocols",
      "OriginReadTimeout",
      "OriginKeepaliveTimeout",
      "IpAddressType",
    ];
    refuseUnknown("CustomOriginConfig", origin.CustomOriginConfig, known);
  }
  for (const { HeaderName } of itemsOf(origin.CustomHeaders)) {
    if (FORBIDDEN_CUSTOM_HEADERS.test(HeaderName!))
      throw invalid(`${HeaderName} cannot be a custom header of origin ${Id}.`);
  }
}

/** Developer Guide: "Custom headers that CloudFront can't add to origin requests". */
const FORBIDDEN_CUSTOM_HEADERS =
  /^(accept-encoding|cache-control|connection|content-length|cookie|host|if-match|if-modified-since|if-none-match|if-range|if-unmodified-since|max-forwards|pragma|proxy-.*|range|request-range|te|trailer|transfer-encoding|upgrade|via|x-amz-.*|x-edge-.*|x-real-ip)$/i;

function checkBehavior(behavior: CacheBehavior | DefaultCacheBehavior, origins: Origin[]): void {
  const where = "PathPattern" in behavior ? `CacheBehavior ${behavior.PathPattern}` : "DefaultCacheBehavior";
  const known = [...BEHAVIOR];
  // A disabled list of signers or key groups has no effect.
  if (!behavior.TrustedSigners?.Enabled) known.push("TrustedSigners");
  if (!behavior.TrustedKeyGroups?.Enabled) known.push("TrustedKeyGroups");
  if (!behavior.GrpcConfig?.Enabled) known.push("GrpcConfig");
  refuseUnknown(where, behavior, known);
  if (!origins.some((origin) => origin.Id === behavior.TargetOriginId))
    throw new AwsError(
      "NoSuchOrigin",
      `${where} refers to an origin that does not exist: ${behavior.TargetOriginId}.`,
      404,
    );
  if (!behavior.CachePolicyId)
    throw notImplemented(`cloudfront: ${where} without CachePolicyId (ForwardedValues)`);
  if (itemsOf(behavior.AllowedMethods?.CachedMethods).includes("OPTIONS"))
    throw notImplemented(`cloudfront: ${where} that caches OPTIONS`);
  checkAssociations(where, behavior);
}

function checkAssociations(where: string, behavior: CacheBehavior | DefaultCacheBehavior): void {
  const functions = itemsOf(behavior.FunctionAssociations);
  const lambdas = itemsOf(behavior.LambdaFunctionAssociations);
  const events = [...functions, ...lambdas].map((association) => association.EventType);
  if (new Set(events).size !== events.length)
    throw new AwsError(
      "InvalidFunctionAssociation",
      `${where} has two functions for one event type: ${events.join(", ")}.`,
    );
  for (const { EventType } of functions) {
    if (EventType !== "viewer-request" && EventType !== "viewer-response")
      throw new AwsError(
        "InvalidFunctionAssociation",
        `${where}: a CloudFront Function cannot run at ${EventType}.`,
      );
  }
  for (const { EventType, IncludeBody, LambdaFunctionARN = "" } of lambdas) {
    if (EventType !== "origin-request")
      throw notImplemented(`cloudfront: ${where} with Lambda@Edge at ${EventType}`);
    if (IncludeBody) throw notImplemented(`cloudfront: ${where} with IncludeBody`);
    if (!/^arn:aws:lambda:us-east-1:\d{12}:function:[^:]+:\d+$/.test(LambdaFunctionARN))
      throw new AwsError(
        "InvalidLambdaFunctionAssociation",
        `${where}: a Lambda@Edge function must be the ARN of a numbered version in us-east-1, not ${LambdaFunctionARN}.`,
      );
  }
}

function invalid(message: string): AwsError {
  return new AwsError("InvalidArgument", message);
}
