import { type Shape, STRINGS } from "../properties.ts";

const BEHAVIOR: Record<string, Shape> = {
  AllowedMethods: STRINGS,
  CachePolicyId: "string",
  CachedMethods: STRINGS,
  Compress: "boolean",
  FieldLevelEncryptionId: "string",
  FunctionAssociations: [{ EventType: "string", FunctionARN: "string" }],
  GrpcConfig: { Enabled: "boolean" },
  LambdaFunctionAssociations: [{ EventType: "string", IncludeBody: "boolean", LambdaFunctionARN: "string" }],
  OriginRequestPolicyId: "string",
  ResponseHeadersPolicyId: "string",
  SmoothStreaming: "boolean",
  TargetOriginId: "string",
  ViewerProtocolPolicy: "string",
};

const ORIGIN: Shape = {
  ConnectionAttempts: "number",
  ConnectionTimeout: "number",
  CustomOriginConfig: {
    HTTPPort: "number",
    HTTPSPort: "number",
    IpAddressType: "string",
    OriginKeepaliveTimeout: "number",
    OriginProtocolPolicy: "string",
    OriginReadTimeout: "number",
    OriginSSLProtocols: STRINGS,
  },
  DomainName: "string",
  Id: "string",
  OriginAccessControlId: "string",
  OriginCustomHeaders: [{ HeaderName: "string", HeaderValue: "string" }],
  OriginPath: "string",
  OriginShield: { Enabled: "boolean", OriginShieldRegion: "string" },
  S3OriginConfig: { OriginAccessIdentity: "string", OriginReadTimeout: "number" },
};

/** `DistributionConfig` in the form of a template. */
export const DISTRIBUTION_CONFIG: Shape = {
  Aliases: STRINGS,
  CacheBehaviors: [{ ...BEHAVIOR, PathPattern: "string" }],
  Comment: "string",
  CustomErrorResponses: [
    {
      ErrorCachingMinTTL: "number",
      ErrorCode: "number",
      ResponseCode: "number",
      ResponsePagePath: "string",
    },
  ],
  DefaultCacheBehavior: BEHAVIOR,
  DefaultRootObject: "string",
  Enabled: "boolean",
  HttpVersion: "string",
  IPV6Enabled: "boolean",
  Logging: { Bucket: "string", IncludeCookies: "boolean", Prefix: "string" },
  Origins: [ORIGIN],
  PriceClass: "string",
  Restrictions: { GeoRestriction: { Locations: STRINGS, RestrictionType: "string" } },
  ViewerCertificate: {
    AcmCertificateArn: "string",
    CloudFrontDefaultCertificate: "boolean",
    IamCertificateId: "string",
    MinimumProtocolVersion: "string",
    SslSupportMethod: "string",
  },
  WebACLId: "string",
};
