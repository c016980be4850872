import { randomUUID } from "node:crypto";
import { TAG_LIST } from "../properties.ts";
import type { Properties, ProviderContext, Providers } from "../provider.ts";
import { changeCloudFrontTags } from "../tag-changes.ts";
import { DISTRIBUTION_CONFIG } from "./cloudfront-distribution-shape.ts";
import { quantityList } from "./quantity-list.ts";

export const distributionProviders: Providers = {
  "AWS::CloudFront::Distribution": {
    properties: { DistributionConfig: DISTRIBUTION_CONFIG, Tags: TAG_LIST },
    required: ["DistributionConfig"],
    attributes: ["DomainName", "Id"],
    replacedBy: [],
    tagsProperty: "Tags",
    create: async ({ DistributionConfig, Tags }, context) => {
      const config = { CallerReference: randomUUID(), ...apiConfig(DistributionConfig) };
      const { Distribution } = Tags?.length
        ? await context.call("cloudfront", "CreateDistributionWithTags", {
            DistributionConfigWithTags: { DistributionConfig: config, Tags: { Items: Tags } },
          })
        : await context.call("cloudfront", "CreateDistribution", { DistributionConfig: config });
      const { DomainName, Id } = Distribution;
      context.initiated(Id);
      await waitUntilDeployed(Id, context);
      return { physicalId: Id, attributes: { DomainName, Id } };
    },
    update: async ({ physicalId: Id, properties: before }, properties, changed, context) => {
      if (changed.has("DistributionConfig"))
        await changeConfig(Id, apiConfig(properties.DistributionConfig), context);
      const arn = `arn:aws:cloudfront::${context.account}:distribution/${Id}`;
      await changeCloudFrontTags(arn, before.Tags, properties.Tags, context);
      return undefined;
    },
    // CloudFront deletes a distribution only after it is disabled.
    delete: async ({ physicalId: Id }, context) => {
      const { DistributionConfig } = await context.call("cloudfront", "GetDistributionConfig", { Id });
      if (DistributionConfig.Enabled)
        await changeConfig(Id, { ...DistributionConfig, Enabled: false }, context);
      const { ETag: IfMatch } = await context.call("cloudfront", "GetDistributionConfig", { Id });
      await context.call("cloudfront", "DeleteDistribution", { Id, IfMatch });
    },
  },
};

async function changeConfig(Id: string, config: Properties, context: ProviderContext): Promise<void> {
  const { DistributionConfig: present, ETag } = await context.call("cloudfront", "GetDistributionConfig", {
    Id,
  });
  await context.call("cloudfront", "UpdateDistribution", {
    Id,
    IfMatch: ETag,
    DistributionConfig: { ...config, CallerReference: present.CallerReference },
  });
  await waitUntilDeployed(Id, context);
}

async function waitUntilDeployed(Id: string, { call, waitUntil }: ProviderContext): Promise<void> {
  await waitUntil(`the deployment of distribution ${Id}`, async () => {
    const { Distribution } = await call("cloudfront", "GetDistribution", { Id });
    return Distribution.Status === "Deployed" ? true : undefined;
  });
}

/** Converts lists to `{Quantity, Items}` and renames a few members. */
function apiConfig(config: Properties): Properties {
  const {
    Aliases,
    CacheBehaviors,
    CustomErrorResponses,
    IPV6Enabled,
    Origins,
    Restrictions,
    ViewerCertificate,
    ...rest
  } = config;
  return {
    ...rest,
    Comment: config.Comment ?? "",
    Aliases: quantityList(Aliases),
    CacheBehaviors: quantityList(CacheBehaviors?.map(apiBehavior)),
    CustomErrorResponses: quantityList(
      CustomErrorResponses?.map(({ ResponseCode, ...response }: Properties) => ({
        ...response,
        ResponseCode: ResponseCode === undefined ? undefined : String(ResponseCode),
      })),
    ),
    DefaultCacheBehavior: apiBehavior(config.DefaultCacheBehavior),
    IsIPV6Enabled: IPV6Enabled,
    Logging: config.Logging && { Enabled: true, IncludeCookies: false, Prefix: "", ...config.Logging },
    Origins: quantityList(Origins.map(apiOrigin)),
    Restrictions: Restrictions && { GeoRestriction: geoRestriction(Restrictions.GeoRestriction) },
    ViewerCertificate: ViewerCertificate && certificate(ViewerCertificate),
  };
}

function apiBehavior(behavior: Properties): Properties {
  const { AllowedMethods = ["HEAD", "GET"], CachedMethods = ["HEAD", "GET"], ...rest } = behavior;
  return {
    ...rest,
    AllowedMethods: { ...quantityList(AllowedMethods), CachedMethods: quantityList(CachedMethods) },
    FunctionAssociations: quantityList(behavior.FunctionAssociations),
    LambdaFunctionAssociations: quantityList(behavior.LambdaFunctionAssociations),
  };
}

function apiOrigin({ CustomOriginConfig, OriginCustomHeaders, ...origin }: Properties): Properties {
  return {
    OriginPath: "",
    ...origin,
    CustomHeaders: quantityList(OriginCustomHeaders),
    CustomOriginConfig: CustomOriginConfig && customOrigin(CustomOriginConfig),
  };
}

function customOrigin({ OriginSSLProtocols, ...config }: Properties): Properties {
  return {
    HTTPPort: 80,
    HTTPSPort: 443,
    ...config,
    OriginSslProtocols: quantityList(OriginSSLProtocols),
  };
}

function geoRestriction({ Locations = [], RestrictionType }: Properties): Properties {
  return { RestrictionType, ...quantityList(Locations) };
}

function certificate(given: Properties): Properties {
  const { AcmCertificateArn, IamCertificateId, SslSupportMethod, ...rest } = given;
  return {
    ...rest,
    ACMCertificateArn: AcmCertificateArn,
    IAMCertificateId: IamCertificateId,
    SSLSupportMethod: SslSupportMethod,
  };
}
