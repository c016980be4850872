import { randomUUID } from "node:crypto";
import type {
  CachePolicyConfig,
  OriginAccessControlConfig,
  OriginRequestPolicyConfig,
  ResponseHeadersPolicyConfig,
} from "@aws-sdk/client-cloudfront";
import { AwsError, notImplemented } from "../../aws-error.ts";
import type { Action } from "../../cloud.ts";
import { type Entry, EtaggedStore, newId } from "./etagged-store.ts";
import {
  MANAGED_CACHE_POLICIES,
  MANAGED_ORIGIN_REQUEST_POLICIES,
  MANAGED_RESPONSE_HEADERS_POLICIES,
} from "./managed-policies.ts";
import { itemsOf, wholePage } from "./quantity-list.ts";
import { refuseUnknown } from "./refuse-unknown.ts";

interface Policy<Config> {
  config: Config;
  managed: boolean;
  modified: Date;
}

export interface Policies {
  cache: EtaggedStore<Policy<CachePolicyConfig>>;
  originRequest: EtaggedStore<Policy<OriginRequestPolicyConfig>>;
  responseHeaders: EtaggedStore<Policy<ResponseHeadersPolicyConfig>>;
  originAccessControl: EtaggedStore<Policy<OriginAccessControlConfig>>;
}

/** The stores, with AWS's managed policies in them. */
export function createPolicies(now: () => number): Policies {
  const policies: Policies = {
    cache: new EtaggedStore("NoSuchCachePolicy", "cache policy"),
    originRequest: new EtaggedStore("NoSuchOriginRequestPolicy", "origin request policy"),
    responseHeaders: new EtaggedStore("NoSuchResponseHeadersPolicy", "response headers policy"),
    originAccessControl: new EtaggedStore("NoSuchOriginAccessControl", "origin access control"),
  };
  const modified = new Date(now());
  for (const [id, config] of Object.entries(MANAGED_CACHE_POLICIES))
    policies.cache.add(id, { config, managed: true, modified });
  for (const [id, config] of Object.entries(MANAGED_ORIGIN_REQUEST_POLICIES))
    policies.originRequest.add(id, { config, managed: true, modified });
  for (const [id, config] of Object.entries(MANAGED_RESPONSE_HEADERS_POLICIES))
    policies.responseHeaders.add(id, { config, managed: true, modified });
  return policies;
}

interface Kind<Config extends { Name: string | undefined }> {
  /** As in `CreateCachePolicy`: `CachePolicy`. */
  name: string;
  store: EtaggedStore<Policy<Config>>;
  check(config: Config): void;
  inUse(id: string): boolean;
  id(): string;
}

/** Create, Get, GetConfig, Update, Delete and List of the four kinds, which differ in names only. */
export function policyActions(
  policies: Policies,
  now: () => number,
  inUse: (id: string) => boolean,
): Record<string, Action> {
  return {
    ...kindActions(
      { name: "CachePolicy", store: policies.cache, check: checkCachePolicy, inUse, id: randomUUID },
      now,
    ),
    ...kindActions(
      {
        name: "OriginRequestPolicy",
        store: policies.originRequest,
        check: checkOriginRequestPolicy,
        inUse,
        id: randomUUID,
      },
      now,
    ),
    ...kindActions(
      {
        name: "ResponseHeadersPolicy",
        store: policies.responseHeaders,
        check: checkResponseHeaders,
        inUse,
        id: randomUUID,
      },
      now,
    ),
    ...kindActions(
      {
        name: "OriginAccessControl",
        store: policies.originAccessControl,
        check: checkAccessControl,
        inUse,
        id: newId,
      },
      now,
    ),
  };
}

function kindActions<Config extends { Name: string | undefined }>(
  kind: Kind<Config>,
  now: () => number,
): Record<string, Action> {
  const { name, store } = kind;
  const shape = (entry: Entry<Policy<Config>>) => ({
    Id: entry.id,
    LastModifiedTime: entry.item.modified,
    [`${name}Config`]: entry.item.config,
  });
  const full = (entry: Entry<Policy<Config>>) => ({ [name]: shape(entry), ETag: entry.etag });
  const save = (input: any, id?: string): Policy<Config> => {
    const config: Config = input[`${name}Config`];
    kind.check(config);
    if (store.all().some((other) => other.id !== id && other.item.config.Name === config.Name))
      throw new AwsError(`${name}AlreadyExists`, `A ${name} named ${config.Name} already exists.`, 409);
    return { config, managed: false, modified: new Date(now()) };
  };
  return {
    [`Create${name}`]: (input: any) => {
      const entry = store.add(kind.id(), save(input));
      return { ...full(entry), Location: `https://cloudfront.amazonaws.com/${entry.id}` };
    },
    [`Get${name}`]: (input: { Id: string }) => full(store.get(input.Id)),
    [`Get${name}Config`]: (input: { Id: string }) => {
      const entry = store.get(input.Id);
      return { [`${name}Config`]: entry.item.config, ETag: entry.etag };
    },
    [`Update${name}`]: (input: any) => {
      refuseManaged(name, store.match(input.Id, input.IfMatch));
      return full(store.replace(input.Id, input.IfMatch, save(input, input.Id)));
    },
    [`Delete${name}`]: (input: { Id: string; IfMatch: string }) => {
      refuseManaged(name, store.match(input.Id, input.IfMatch));
      if (kind.inUse(input.Id))
        throw new AwsError(`${name}InUse`, `The ${name} ${input.Id} is attached to a distribution.`, 409);
      store.remove(input.Id, input.IfMatch);
      return {};
    },
    ...listAction(kind, shape),
  };
}

function listAction<Config extends { Name: string | undefined }>(
  kind: Kind<Config>,
  shape: (entry: Entry<Policy<Config>>) => object,
): Record<string, Action> {
  const { name, store } = kind;
  if (name === "OriginAccessControl") {
    const summary = (entry: Entry<Policy<Config>>) => ({ Id: entry.id, ...entry.item.config });
    return {
      ListOriginAccessControls: () => ({ OriginAccessControlList: wholePage(store.all().map(summary)) }),
    };
  }
  const plural = name.endsWith("Policy") ? `${name.slice(0, -1)}ies` : `${name}s`;
  return {
    [`List${plural}`]: (input: { Type?: string }) => {
      const wanted = store
        .all()
        .filter(({ item }) => !input.Type || (input.Type === "managed") === item.managed);
      const items = wanted.map((entry) => ({
        Type: entry.item.managed ? "managed" : "custom",
        [name]: shape(entry),
      }));
      return { [`${name}List`]: wholePage(items) };
    },
  };
}

function refuseManaged(name: string, entry: Entry<{ managed: boolean }>): void {
  if (entry.item.managed)
    throw new AwsError("IllegalUpdate", `${name} ${entry.id} is managed by AWS and cannot be changed.`);
}

function checkCachePolicy(config: CachePolicyConfig): void {
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

/** Headers that the simulated edge can make itself (the Developer Guide lists about thirty). */
export const KNOWN_CLOUDFRONT_HEADERS = [
  "cloudfront-forwarded-proto",
  "cloudfront-viewer-address",
  "cloudfront-viewer-http-version",
];

function checkOriginRequestPolicy(config: OriginRequestPolicyConfig): void {
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

function checkResponseHeaders(config: ResponseHeadersPolicyConfig): void {
  const known = ["Name", "Comment", "SecurityHeadersConfig", "CustomHeadersConfig", "RemoveHeadersConfig"];
  refuseUnknown("ResponseHeadersPolicyConfig", config, known);
}

function checkAccessControl(config: OriginAccessControlConfig): void {
  if (config.OriginAccessControlOriginType !== "s3")
    throw notImplemented(`cloudfront: origin access control of type ${config.OriginAccessControlOriginType}`);
  if (config.SigningBehavior === "no-override")
    throw notImplemented("cloudfront: OriginAccessControlConfig.SigningBehavior no-override");
}
