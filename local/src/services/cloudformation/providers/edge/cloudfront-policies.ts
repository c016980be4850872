import { mapOf, type Shape, STRINGS } from "../properties.ts";
import type { Properties, ProviderContext, Providers, ResourceProvider } from "../provider.ts";
import { quantityList, withQuantities } from "./quantity-list.ts";

const HEADERS: Shape = { HeaderBehavior: "string", Headers: STRINGS };
const COOKIES: Shape = { CookieBehavior: "string", Cookies: STRINGS };
const QUERY_STRINGS: Shape = { QueryStringBehavior: "string", QueryStrings: STRINGS };
const ITEMS: Shape = { Items: STRINGS };

const CACHE_POLICY: Shape = {
  Comment: "string",
  DefaultTTL: "number",
  MaxTTL: "number",
  MinTTL: "number",
  Name: "string",
  ParametersInCacheKeyAndForwardedToOrigin: {
    CookiesConfig: COOKIES,
    EnableAcceptEncodingBrotli: "boolean",
    EnableAcceptEncodingGzip: "boolean",
    HeadersConfig: HEADERS,
    QueryStringsConfig: QUERY_STRINGS,
  },
};
const ORIGIN_REQUEST_POLICY: Shape = {
  Comment: "string",
  CookiesConfig: COOKIES,
  HeadersConfig: HEADERS,
  Name: "string",
  QueryStringsConfig: QUERY_STRINGS,
};
const RESPONSE_HEADERS_POLICY: Shape = {
  Comment: "string",
  CorsConfig: {
    AccessControlAllowCredentials: "boolean",
    AccessControlAllowHeaders: ITEMS,
    AccessControlAllowMethods: ITEMS,
    AccessControlAllowOrigins: ITEMS,
    AccessControlExposeHeaders: ITEMS,
    AccessControlMaxAgeSec: "number",
    OriginOverride: "boolean",
  },
  CustomHeadersConfig: { Items: [{ Header: "string", Override: "boolean", Value: "string" }] },
  Name: "string",
  RemoveHeadersConfig: { Items: [{ Header: "string" }] },
  SecurityHeadersConfig: mapOf({
    AccessControlMaxAgeSec: "number",
    ContentSecurityPolicy: "string",
    FrameOption: "string",
    IncludeSubdomains: "boolean",
    ModeBlock: "boolean",
    Override: "boolean",
    Preload: "boolean",
    Protection: "boolean",
    ReferrerPolicy: "string",
    ReportUri: "string",
  }),
  ServerTimingHeadersConfig: { Enabled: "boolean", SamplingRate: "number" },
};
const ACCESS_CONTROL: Shape = {
  Description: "string",
  Name: "string",
  OriginAccessControlOriginType: "string",
  SigningBehavior: "string",
  SigningProtocol: "string",
};

/** Policies and origin access controls. Their providers differ only in names. */
export const cloudFrontPolicyProviders: Providers = {
  "AWS::CloudFront::CachePolicy": policyProvider("CachePolicy", CACHE_POLICY, cachePolicy, [
    "LastModifiedTime",
  ]),
  "AWS::CloudFront::OriginRequestPolicy": policyProvider(
    "OriginRequestPolicy",
    ORIGIN_REQUEST_POLICY,
    whatIsForwarded,
    ["LastModifiedTime"],
  ),
  "AWS::CloudFront::ResponseHeadersPolicy": policyProvider(
    "ResponseHeadersPolicy",
    RESPONSE_HEADERS_POLICY,
    withQuantities,
    ["LastModifiedTime"],
  ),
  "AWS::CloudFront::OriginAccessControl": policyProvider(
    "OriginAccessControl",
    ACCESS_CONTROL,
    (config) => config,
    [],
  ),
};

function policyProvider(
  kind: string,
  shape: Shape,
  toApi: (config: Properties) => Properties,
  moreAttributes: string[],
): ResourceProvider {
  const member = `${kind}Config`;
  const etag = async (Id: string, { call }: ProviderContext): Promise<string> =>
    (await call("cloudfront", `Get${kind}`, { Id })).ETag;
  const attributesOf = (made: Properties) => ({
    Id: made.Id,
    ...(moreAttributes.length > 0 && made.LastModifiedTime !== undefined
      ? { LastModifiedTime: new Date(made.LastModifiedTime).toISOString() }
      : {}),
  });
  return {
    properties: { [member]: shape },
    required: [member],
    attributes: ["Id", ...moreAttributes],
    replacedBy: [],
    create: async (properties, { call }) => {
      const answer = await call("cloudfront", `Create${kind}`, { [member]: toApi(properties[member]) });
      return { physicalId: answer[kind].Id, attributes: attributesOf(answer[kind]) };
    },
    update: async ({ physicalId: Id }, properties, _changed, context) => {
      const IfMatch = await etag(Id, context);
      const input = { Id, IfMatch, [member]: toApi(properties[member]) };
      const answer = await context.call("cloudfront", `Update${kind}`, input);
      return { attributes: attributesOf({ Id, ...answer[kind] }) };
    },
    delete: async ({ physicalId: Id }, context) =>
      context.call("cloudfront", `Delete${kind}`, { Id, IfMatch: await etag(Id, context) }),
  };
}

function cachePolicy({ ParametersInCacheKeyAndForwardedToOrigin: key, ...config }: Properties): Properties {
  return { ...config, ParametersInCacheKeyAndForwardedToOrigin: key && whatIsForwarded(key) };
}

function whatIsForwarded({
  CookiesConfig,
  HeadersConfig,
  QueryStringsConfig,
  ...rest
}: Properties): Properties {
  return {
    ...rest,
    CookiesConfig: { ...CookiesConfig, Cookies: quantityList(CookiesConfig?.Cookies) },
    HeadersConfig: { ...HeadersConfig, Headers: quantityList(HeadersConfig?.Headers) },
    QueryStringsConfig: {
      ...QueryStringsConfig,
      QueryStrings: quantityList(QueryStringsConfig?.QueryStrings),
    },
  };
}
