/**
 * CloudFront: distributions, functions, KeyValueStores, policies, origin access controls, invalidations.
 *
 * **Gaps**: a distribution that needs a feature which the data plane lacks (`../../cloudfront/edge.ts`) is refused by
 * name. No legacy `ForwardedValues`, `TestFunction` or staging distributions. Listings have one page. Certificates,
 * aliases and price classes are stored and returned, but have no effect.
 * **By design**: `Status` is `Deployed` at once, and an update applies to the next request at every edge. There is one
 * server per simulated edge. The first distribution gets the configured ports, others get free ones.
 * **Client quirks**: the API is global; its SDK clients sign for us-east-1.
 */
import type {
  CacheBehavior,
  CreateDistributionWithTagsRequest,
  DefaultCacheBehavior,
  DistributionConfig,
} from "@aws-sdk/client-cloudfront";
import { AwsError } from "../../aws-error.ts";
import { type Cloud, found, type Scope, type Service } from "../../cloud.ts";
import {
  compileDistribution,
  type Distribution,
  type PolicyLookup,
} from "../../cloudfront/configuration/distribution.ts";
import { type Edge, startEdge } from "../../cloudfront/edge.ts";
import type { FunctionSource } from "../../cloudfront/functions/edge-functions.ts";
import { type KeyValueData, keyValueData } from "../cloudfront-keyvaluestore/key-value-data.ts";
import { createDistributions } from "./distributions.ts";
import { checkEdgeLambda } from "./edge-lambda.ts";
import { createFunctions, type Functions, keyValueStoreOf } from "./functions.ts";
import { invalidationActions } from "./invalidations.ts";
import { keyValueStoreActions } from "./key-value-stores.ts";
import { createPolicies, type Policies, policyActions } from "./policies.ts";
import { itemsOf } from "./quantity-list.ts";
import { tagActions } from "./tags.ts";

export interface CloudFrontOptions {
  /** Ports of the simulated edges of the first distribution, one per edge; 0 selects a free port. */
  ports: number[];
  /** Address that the edges listen on. Default 127.0.0.1. */
  host?: string;
}

export interface CloudFrontService extends Service {
  /** Returns the running distributions, with the URL of each edge. */
  distributions(): { id: string; domainName: string; urls: string[] }[];
}

/** A running distribution and its edges. */
interface Running {
  distribution: Distribution;
  edges: Edge[];
}

export function createCloudFront(cloud: Cloud, options: CloudFrontOptions): CloudFrontService {
  const running = new Map<string, Running>();
  const policies = createPolicies(cloud.now);
  const data = keyValueData(cloud);
  const functions: Functions = createFunctions({
    now: cloud.now,
    checkKeyValueStore: (arn) => {
      found(data.get(arn), "EntityNotFound", `No KeyValueStore has the ARN ${arn}.`, 404);
    },
    inUse: (arn) => naming(arn).length > 0,
  });
  const lookup = policyLookup(policies);
  const source = (arn: string) => functionSource(functions, data, arn);
  const edges = createEdges(cloud, options, running, source);
  const distributions = createDistributions({
    now: cloud.now,
    check: (config) => checkReferences(cloud, config, policies, functions),
    apply: (stored) => edges.apply(compileDistribution(stored, lookup)),
    remove: (id) => edges.remove(id),
  });
  const naming = (id: string) => distributions.store.all().filter(({ item }) => mentions(item.config, id));
  const recompile = async (id: string) => {
    for (const { item } of naming(id)) await edges.apply(compileDistribution(item, lookup));
  };
  const tags = tagActions((arn) => distributions.store.all().some(({ item }) => item.arn === arn));
  return {
    actions: {
      ...distributions.actions,
      ...functions.actions,
      ...keyValueStoreActions({ now: cloud.now, data, inUse: (arn) => functions.uses(arn) }),
      ...policyActions(policies, {
        now: cloud.now,
        inUse: (id) => naming(id).length > 0,
        changed: recompile,
      }),
      ...invalidationActions(cloud.now, (id) => running.get(id)?.edges),
      ...tags,
      CreateDistributionWithTags: async (input: CreateDistributionWithTagsRequest, scope: Scope) => {
        const { DistributionConfig, Tags } = input.DistributionConfigWithTags!;
        const created: any = await distributions.actions.CreateDistribution!({ DistributionConfig }, scope);
        tags.TagResource!({ Resource: created.Distribution.ARN, Tags }, scope);
        return created;
      },
    },
    distributions: () =>
      [...running.values()].map(({ distribution, edges: own }) => ({
        id: distribution.id,
        domainName: distribution.domainName,
        urls: own.map((edge) => edge.url),
      })),
    close: () => edges.close(),
  };
}

function createEdges(
  cloud: Cloud,
  options: CloudFrontOptions,
  running: Map<string, Running>,
  functionSource: (arn: string) => FunctionSource | undefined,
) {
  const start = async (distribution: Distribution): Promise<void> => {
    const ports = running.size === 0 ? options.ports : options.ports.map(() => 0);
    const prefix = running.size === 0 ? "edge" : `${distribution.id}-edge`;
    const own: Running = { distribution, edges: [] };
    running.set(distribution.id, own);
    try {
      for (const [index, port] of ports.entries()) {
        const name = `${prefix}-${index + 1}`;
        const host = options.host ?? "127.0.0.1";
        own.edges.push(
          await startEdge(cloud, { name, port, host, distribution: () => own.distribution, functionSource }),
        );
      }
    } catch (error) {
      running.delete(distribution.id);
      await Promise.all(own.edges.map((edge) => edge.close()));
      throw error;
    }
  };
  return {
    async apply(distribution: Distribution): Promise<void> {
      const present = running.get(distribution.id);
      if (present === undefined) await start(distribution);
      else present.distribution = distribution;
    },
    async remove(id: string): Promise<void> {
      const own = running.get(id);
      running.delete(id);
      await Promise.all(own?.edges.map((edge) => edge.close()) ?? []);
    },
    async close(): Promise<void> {
      const all = [...running.values()].flatMap((own) => own.edges);
      running.clear();
      await Promise.all(all.map((edge) => edge.close()));
    },
  };
}

function policyLookup(policies: Policies): PolicyLookup {
  return {
    cachePolicy: (id) => policies.cache.get(id).item.config,
    originRequestPolicy: (id) => policies.originRequest.get(id).item.config,
    responseHeadersPolicy: (id) => policies.responseHeaders.get(id).item.config,
  };
}

const decoder = new TextDecoder();

function functionSource(
  functions: Functions,
  stores: Map<string, KeyValueData>,
  arn: string,
): FunctionSource | undefined {
  const live = functions.live(arn);
  if (live === undefined) return undefined;
  const storeArn = keyValueStoreOf(live);
  const data = storeArn === undefined ? undefined : stores.get(storeArn);
  return { name: live.name, etag: live.etag, code: decoder.decode(live.code), keyValues: () => data?.items };
}

/** Whether a configuration refers to a policy, an origin access control or a function. */
function mentions(config: DistributionConfig, reference: string): boolean {
  return (
    itemsOf(config.Origins).some((origin) => origin.OriginAccessControlId === reference) ||
    behaviorsOf(config).some(
      (behavior) =>
        behavior.CachePolicyId === reference ||
        behavior.OriginRequestPolicyId === reference ||
        behavior.ResponseHeadersPolicyId === reference ||
        itemsOf(behavior.FunctionAssociations).some((association) => association.FunctionARN === reference),
    )
  );
}

function behaviorsOf(config: DistributionConfig): (CacheBehavior | DefaultCacheBehavior)[] {
  return [...itemsOf(config.CacheBehaviors), config.DefaultCacheBehavior!];
}

async function checkReferences(
  cloud: Cloud,
  config: DistributionConfig,
  policies: Policies,
  functions: Functions,
): Promise<void> {
  for (const origin of itemsOf(config.Origins)) {
    if (origin.OriginAccessControlId) policies.originAccessControl.get(origin.OriginAccessControlId);
  }
  for (const behavior of behaviorsOf(config)) {
    policies.cache.get(behavior.CachePolicyId);
    if (behavior.OriginRequestPolicyId) policies.originRequest.get(behavior.OriginRequestPolicyId);
    if (behavior.ResponseHeadersPolicyId) policies.responseHeaders.get(behavior.ResponseHeadersPolicyId);
    for (const { FunctionARN } of itemsOf(behavior.FunctionAssociations)) {
      if (functions.live(FunctionARN!) === undefined)
        throw new AwsError(
          "InvalidFunctionAssociation",
          `The function ${FunctionARN} does not exist or was not published.`,
        );
    }
    for (const { LambdaFunctionARN } of itemsOf(behavior.LambdaFunctionAssociations))
      await checkEdgeLambda(cloud, LambdaFunctionARN!);
  }
}
