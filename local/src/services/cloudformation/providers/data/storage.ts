import { type Shape, STRINGS, TAG_LIST } from "../properties.ts";
import type { Properties, ProviderContext, Providers } from "../provider.ts";

const LIFECYCLE_RULE: Shape = {
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: "number" },
  ExpirationDate: "string",
  ExpirationInDays: "number",
  ExpiredObjectDeleteMarker: "boolean",
  Id: "string",
  NoncurrentVersionExpiration: { NewerNoncurrentVersions: "number", NoncurrentDays: "number" },
  NoncurrentVersionExpirationInDays: "number",
  Prefix: "string",
  Status: "string",
  TagFilters: TAG_LIST,
};

/** The parts of a bucket with a separate action: property, action, member, and conversion for the API. */
const PARTS: [property: string, action: string, member: string, toApi: (value: any) => unknown][] = [
  ["BucketEncryption", "PutBucketEncryption", "ServerSideEncryptionConfiguration", encryption],
  ["VersioningConfiguration", "PutBucketVersioning", "VersioningConfiguration", same],
  ["PublicAccessBlockConfiguration", "PutPublicAccessBlock", "PublicAccessBlockConfiguration", same],
  ["OwnershipControls", "PutBucketOwnershipControls", "OwnershipControls", same],
  ["LifecycleConfiguration", "PutBucketLifecycleConfiguration", "LifecycleConfiguration", lifecycle],
  ["CorsConfiguration", "PutBucketCors", "CORSConfiguration", cors],
];
/**
 * Actions that remove a part which the template no longer contains. Parts without such an action keep their value, as
 * on AWS.
 */
const REMOVALS: Record<string, string> = {
  BucketEncryption: "DeleteBucketEncryption",
  PublicAccessBlockConfiguration: "DeletePublicAccessBlock",
  OwnershipControls: "DeleteBucketOwnershipControls",
  LifecycleConfiguration: "DeleteBucketLifecycle",
  CorsConfiguration: "DeleteBucketCors",
  Tags: "DeleteBucketTagging",
};

export const storageProviders: Providers = {
  "AWS::S3::Bucket": {
    properties: {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          {
            BucketKeyEnabled: "boolean",
            ServerSideEncryptionByDefault: { KMSMasterKeyID: "string", SSEAlgorithm: "string" },
          },
        ],
      },
      BucketName: "string",
      CorsConfiguration: {
        CorsRules: [
          {
            AllowedHeaders: STRINGS,
            AllowedMethods: STRINGS,
            AllowedOrigins: STRINGS,
            ExposedHeaders: STRINGS,
            Id: "string",
            MaxAge: "number",
          },
        ],
      },
      LifecycleConfiguration: { Rules: [LIFECYCLE_RULE] },
      OwnershipControls: { Rules: [{ ObjectOwnership: "string" }] },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: "boolean",
        BlockPublicPolicy: "boolean",
        IgnorePublicAcls: "boolean",
        RestrictPublicBuckets: "boolean",
      },
      Tags: TAG_LIST,
      VersioningConfiguration: { Status: "string" },
    },
    attributes: ["Arn", "DomainName", "DualStackDomainName", "RegionalDomainName"],
    replacedBy: ["BucketName"],
    tagsProperty: "Tags",
    create: async ({ BucketName, ...properties }, context) => {
      const Bucket = BucketName ?? context.name({ max: 63, lowerCase: true });
      const { region } = context;
      await context.call("s3", "CreateBucket", {
        Bucket,
        CreateBucketConfiguration: region === "us-east-1" ? undefined : { LocationConstraint: region },
      });
      context.initiated(Bucket);
      await putParts(Bucket, properties, (name) => properties[name] !== undefined, context);
      return {
        physicalId: Bucket,
        attributes: {
          Arn: `arn:aws:s3:::${Bucket}`,
          DomainName: `${Bucket}.s3.amazonaws.com`,
          DualStackDomainName: `${Bucket}.s3.dualstack.${region}.amazonaws.com`,
          RegionalDomainName: `${Bucket}.s3.${region}.amazonaws.com`,
        },
      };
    },
    update: async ({ physicalId }, properties, changed, context) => {
      await putParts(physicalId, properties, (name) => changed.has(name), context);
      return undefined;
    },
    delete: ({ physicalId: Bucket }, { call }) => call("s3", "DeleteBucket", { Bucket }),
  },
  "AWS::S3::BucketPolicy": {
    properties: { Bucket: "string", PolicyDocument: "json" },
    required: ["Bucket", "PolicyDocument"],
    attributes: [],
    replacedBy: ["Bucket"],
    create: async ({ Bucket, PolicyDocument }, { call }) => {
      await call("s3", "PutBucketPolicy", { Bucket, Policy: JSON.stringify(PolicyDocument) });
      return { physicalId: Bucket };
    },
    update: async ({ physicalId: Bucket }, { PolicyDocument }, _changed, { call }) => {
      await call("s3", "PutBucketPolicy", { Bucket, Policy: JSON.stringify(PolicyDocument) });
      return undefined;
    },
    delete: ({ physicalId: Bucket }, { call }) => call("s3", "DeleteBucketPolicy", { Bucket }),
  },
};

async function putParts(
  Bucket: string,
  properties: Properties,
  changed: (name: string) => boolean,
  { call }: ProviderContext,
): Promise<void> {
  for (const [property, action, member, toApi] of PARTS) {
    const value = properties[property];
    if (value !== undefined && changed(property))
      await call("s3", action, { Bucket, [member]: toApi(value) });
  }
  if (properties.Tags?.length && changed("Tags"))
    await call("s3", "PutBucketTagging", { Bucket, Tagging: { TagSet: properties.Tags } });
  for (const [property, action] of Object.entries(REMOVALS))
    if (properties[property] === undefined && changed(property)) await call("s3", action, { Bucket });
}

function same(value: unknown): unknown {
  return value;
}

function encryption(value: { ServerSideEncryptionConfiguration: Properties[] }): unknown {
  return {
    Rules: value.ServerSideEncryptionConfiguration.map(({ ServerSideEncryptionByDefault, ...rule }) => ({
      ...rule,
      ApplyServerSideEncryptionByDefault: ServerSideEncryptionByDefault,
    })),
  };
}

function cors(value: { CorsRules: Properties[] }): unknown {
  return {
    CORSRules: value.CorsRules.map(({ ExposedHeaders, Id, MaxAge, ...rule }) => ({
      ...rule,
      ExposeHeaders: ExposedHeaders,
      ID: Id,
      MaxAgeSeconds: MaxAge,
    })),
  };
}

function lifecycle(value: { Rules: Properties[] }): unknown {
  return { Rules: value.Rules.map(lifecycleRule) };
}

function lifecycleRule(rule: Properties, index: number): unknown {
  const { ExpirationDate, ExpirationInDays: Days, ExpiredObjectDeleteMarker, TagFilters = [] } = rule;
  const expires = [ExpirationDate, Days, ExpiredObjectDeleteMarker].some((each) => each !== undefined);
  const noncurrentDays = rule.NoncurrentVersionExpirationInDays;
  return {
    ID: rule.Id ?? `rule-${index + 1}`,
    Status: rule.Status,
    Filter: filter(rule.Prefix, TagFilters),
    Expiration: expires
      ? { Date: ExpirationDate && new Date(ExpirationDate), Days, ExpiredObjectDeleteMarker }
      : undefined,
    NoncurrentVersionExpiration:
      rule.NoncurrentVersionExpiration ?? (noncurrentDays && { NoncurrentDays: noncurrentDays }),
    AbortIncompleteMultipartUpload: rule.AbortIncompleteMultipartUpload,
  };
}

function filter(Prefix: string | undefined, tags: Properties[]): unknown {
  if (tags.length === 0) return { Prefix: Prefix ?? "" };
  if (tags.length === 1 && Prefix === undefined) return { Tag: tags[0] };
  return { And: { Prefix, Tags: tags } };
}
