import type {
  CreateDistributionRequest,
  DeleteDistributionRequest,
  DistributionConfig,
  DistributionSummary,
  GetDistributionRequest,
  UpdateDistributionRequest,
} from "@aws-sdk/client-cloudfront";
import { AwsError } from "../../aws-error.ts";
import { ACCOUNT, type Action } from "../../cloud.ts";
import { newId } from "../cloudfront-id.ts";
import { checkDistributionConfig } from "./distribution-config.ts";
import { type Entry, EtaggedStore } from "./etagged-store.ts";
import { itemsOf, wholePage } from "./quantity-list.ts";

interface StoredDistribution {
  id: string;
  arn: string;
  domainName: string;
  config: DistributionConfig;
  modified: Date;
}

/** Hooks for changes of distributions. */
export interface DistributionHooks {
  now(): number;
  /** Throws if the configuration refers to missing or unsuitable resources. */
  check(config: DistributionConfig): Promise<void>;
  /** Called before the change is stored. An exception refuses the change. */
  apply(distribution: StoredDistribution): Promise<void>;
  remove(id: string): Promise<void>;
}

export interface Distributions {
  store: EtaggedStore<StoredDistribution>;
  actions: Record<string, Action>;
}

/**
 * Create, Get, Update, Delete and List. When an action returns, the edges have the change; `Status` is always
 * `Deployed`.
 */
export function createDistributions(hooks: DistributionHooks): Distributions {
  const store = new EtaggedStore<StoredDistribution>("NoSuchDistribution", "distribution");
  return {
    store,
    actions: {
      CreateDistribution: (input: CreateDistributionRequest) =>
        createDistribution(store, hooks, input.DistributionConfig!),
      UpdateDistribution: async (input: UpdateDistributionRequest) => {
        const { item } = store.match(input.Id, input.IfMatch);
        const config = input.DistributionConfig!;
        if (config.CallerReference !== item.config.CallerReference)
          throw new AwsError(
            "IllegalUpdate",
            `The CallerReference of distribution ${input.Id} cannot change.`,
          );
        checkDistributionConfig(config);
        await hooks.check(config);
        const changed = { ...item, config, modified: new Date(hooks.now()) };
        store.match(input.Id, input.IfMatch);
        await hooks.apply(changed);
        return described(store.replace(input.Id, input.IfMatch, changed));
      },
      DeleteDistribution: async (input: DeleteDistributionRequest) => {
        const { item } = store.match(input.Id, input.IfMatch);
        if (item.config.Enabled)
          throw new AwsError(
            "DistributionNotDisabled",
            `Disable distribution ${input.Id} before you delete it.`,
            409,
          );
        store.remove(input.Id, input.IfMatch);
        await hooks.remove(item.id);
        return {};
      },
      ...readActions(store),
    },
  };
}

async function createDistribution(
  store: EtaggedStore<StoredDistribution>,
  hooks: DistributionHooks,
  config: DistributionConfig,
) {
  checkDistributionConfig(config);
  if (store.all().some(({ item }) => item.config.CallerReference === config.CallerReference))
    throw new AwsError(
      "DistributionAlreadyExists",
      `A distribution with CallerReference ${config.CallerReference} exists.`,
      409,
    );
  await hooks.check(config);
  const id = newId();
  const item: StoredDistribution = {
    id,
    arn: `arn:aws:cloudfront::${ACCOUNT}:distribution/${id}`,
    domainName: `d${id.slice(1).toLowerCase()}.cloudfront.net`,
    config,
    modified: new Date(hooks.now()),
  };
  await hooks.apply(item);
  const entry = store.add(id, item);
  return { ...described(entry), Location: `https://cloudfront.amazonaws.com/2020-05-31/distribution/${id}` };
}

function readActions(store: EtaggedStore<StoredDistribution>): Record<string, Action> {
  return {
    GetDistribution: (input: GetDistributionRequest) => described(store.get(input.Id)),
    GetDistributionConfig: (input: GetDistributionRequest) => {
      const entry = store.get(input.Id);
      return { DistributionConfig: entry.item.config, ETag: entry.etag };
    },
    ListDistributions: () => {
      const items = store.all().map(({ item }) => summary(item));
      return { DistributionList: wholePage(items) };
    },
  };
}

function described({ item, etag }: Entry<StoredDistribution>) {
  return {
    ETag: etag,
    Distribution: {
      Id: item.id,
      ARN: item.arn,
      Status: "Deployed",
      LastModifiedTime: item.modified,
      InProgressInvalidationBatches: 0,
      DomainName: item.domainName,
      ActiveTrustedSigners: { Enabled: false, Quantity: 0 },
      ActiveTrustedKeyGroups: { Enabled: false, Quantity: 0 },
      DistributionConfig: item.config,
    },
  };
}

function summary({ id, arn, domainName, config, modified }: StoredDistribution): DistributionSummary {
  return {
    Id: id,
    ARN: arn,
    Status: "Deployed",
    LastModifiedTime: modified,
    DomainName: domainName,
    Aliases: { Quantity: itemsOf(config.Aliases).length, Items: config.Aliases?.Items },
    Origins: config.Origins,
    DefaultCacheBehavior: config.DefaultCacheBehavior,
    CacheBehaviors: config.CacheBehaviors ?? { Quantity: 0 },
    CustomErrorResponses: config.CustomErrorResponses ?? { Quantity: 0 },
    Comment: config.Comment,
    PriceClass: config.PriceClass ?? "PriceClass_All",
    Enabled: config.Enabled,
    ViewerCertificate: config.ViewerCertificate ?? { CloudFrontDefaultCertificate: true },
    Restrictions: config.Restrictions ?? { GeoRestriction: { RestrictionType: "none", Quantity: 0 } },
    WebACLId: "",
    HttpVersion: config.HttpVersion ?? "http2",
    IsIPV6Enabled: config.IsIPV6Enabled ?? false,
    Staging: false,
  };
}
