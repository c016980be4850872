import { randomUUID } from "node:crypto";
import type {
  CachePolicyConfig,
  OriginAccessControlConfig,
  OriginRequestPolicyConfig,
  ResponseHeadersPolicyConfig,
} from "@aws-sdk/client-cloudfront";
import { AwsError } from "../../aws-error.ts";
import type { Action } from "../../cloud.ts";
import { newId } from "../cloudfront-id.ts";
import { type Entry, EtaggedStore } from "./etagged-store.ts";
import {
  MANAGED_CACHE_POLICIES,
  MANAGED_ORIGIN_REQUEST_POLICIES,
  MANAGED_RESPONSE_HEADERS_POLICIES,
} from "./managed-policies.ts";
import {
  checkAccessControl,
  checkCachePolicy,
  checkOriginRequestPolicy,
  checkResponseHeaders,
} from "./policy-rules.ts";
import { wholePage } from "./quantity-list.ts";

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

/** Creates the stores, which contain AWS's managed policies. */
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
  /** Name in the actions, e.g. `CachePolicy` for `CreateCachePolicy`. */
  name: string;
  store: EtaggedStore<Policy<Config>>;
  check(config: Config): void;
  id(): string;
}

export interface PolicyHooks {
  now(): number;
  /** Whether a distribution uses the policy, which prevents its deletion. */
  inUse(id: string): boolean;
  /** Called after a policy has changed, so that its distributions use the new version. */
  changed(id: string): Promise<void>;
}

/**
 * The actions Create, Get, GetConfig, Update, Delete and List for the four kinds of policies. Only their names differ.
 */
export function policyActions(policies: Policies, hooks: PolicyHooks): Record<string, Action> {
  const { cache, originRequest, responseHeaders, originAccessControl } = policies;
  const id = randomUUID;
  return {
    ...kindActions({ name: "CachePolicy", store: cache, check: checkCachePolicy, id }, hooks),
    ...kindActions(
      { name: "OriginRequestPolicy", store: originRequest, check: checkOriginRequestPolicy, id },
      hooks,
    ),
    ...kindActions(
      { name: "ResponseHeadersPolicy", store: responseHeaders, check: checkResponseHeaders, id },
      hooks,
    ),
    ...kindActions(
      { name: "OriginAccessControl", store: originAccessControl, check: checkAccessControl, id: newId },
      hooks,
    ),
  };
}

function kindActions<Config extends { Name: string | undefined }>(
  kind: Kind<Config>,
  hooks: PolicyHooks,
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
    return { config, managed: false, modified: new Date(hooks.now()) };
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
    [`Update${name}`]: async (input: any) => {
      refuseManaged(name, store.match(input.Id, input.IfMatch));
      const entry = store.replace(input.Id, input.IfMatch, save(input, input.Id));
      await hooks.changed(input.Id);
      return full(entry);
    },
    [`Delete${name}`]: (input: { Id: string; IfMatch: string }) => {
      refuseManaged(name, store.match(input.Id, input.IfMatch));
      if (hooks.inUse(input.Id))
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
