import {
  CloudFrontClient,
  CreateDistributionCommand,
  CreateDistributionWithTagsCommand,
  CreateFunctionCommand,
  CreateInvalidationCommand,
  CreateKeyValueStoreCommand,
  DeleteDistributionCommand,
  DeleteFunctionCommand,
  DeleteKeyValueStoreCommand,
  DescribeFunctionCommand,
  DescribeKeyValueStoreCommand,
  GetCachePolicyCommand,
  GetDistributionCommand,
  GetDistributionConfigCommand,
  GetFunctionCommand,
  GetInvalidationCommand,
  ListCachePoliciesCommand,
  ListDistributionsCommand,
  ListFunctionsCommand,
  ListKeyValueStoresCommand,
  ListTagsForResourceCommand,
  PublishFunctionCommand,
  UpdateDistributionCommand,
} from "@aws-sdk/client-cloudfront";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Endpoint, startEndpoint } from "../../src/wire/endpoint.ts";
import {
  ask,
  behavior,
  CACHING_OPTIMIZED,
  createWorld,
  customOrigin,
  distributionConfig,
  list,
  type World,
} from "./world.ts";

let world: World;
let endpoint: Endpoint;
let client: CloudFrontClient;
beforeEach(async () => {
  world = await createWorld();
  endpoint = await startEndpoint(world.cloud, { port: 0 });
  const credentials = { accessKeyId: "AKIDLOCAL", secretAccessKey: "secret" };
  client = new CloudFrontClient({ region: "eu-west-1", endpoint: endpoint.url, credentials });
});
afterEach(async () => {
  client.destroy();
  await endpoint.close();
  await world.close();
});

const config = { Comment: "", Runtime: "cloudfront-js-2.0" as const };
const code = Buffer.from("function handler(event) { return event.request; }");

describe("distributions through the SDK", () => {
  it("are created, read, listed, updated at once, disabled and deleted", async () => {
    const wanted = distributionConfig({});
    const created = await client.send(new CreateDistributionCommand({ DistributionConfig: wanted }));
    const { Id, DomainName, Status } = created.Distribution!;
    expect(Status).toBe("Deployed");
    const url = world.cloudfront.distributions()[0]!.urls[0]!;
    expect((await ask(url)).body).toBe("from origin");

    const read = await client.send(new GetDistributionConfigCommand({ Id }));
    expect(read.DistributionConfig).toMatchObject({ Comment: "", Enabled: true });
    const listed = await client.send(new ListDistributionsCommand({}));
    expect(listed.DistributionList!.Items).toMatchObject([{ Id, DomainName }]);

    const change = { ...read.DistributionConfig!, Enabled: false };
    const stale = new UpdateDistributionCommand({ Id, IfMatch: "EOLD", DistributionConfig: change });
    await expect(client.send(stale)).rejects.toMatchObject({
      name: "PreconditionFailed",
      $metadata: { httpStatusCode: 412 },
    });
    const unmatched = new UpdateDistributionCommand({ Id, DistributionConfig: change });
    await expect(client.send(unmatched)).rejects.toMatchObject({ name: "InvalidIfMatchVersion" });
    await expect(
      client.send(new DeleteDistributionCommand({ Id, IfMatch: read.ETag })),
    ).rejects.toMatchObject({ name: "DistributionNotDisabled" });
    const updated = await client.send(
      new UpdateDistributionCommand({ Id, IfMatch: read.ETag, DistributionConfig: change }),
    );
    expect((await ask(url)).status).toBe(403);

    await client.send(new DeleteDistributionCommand({ Id, IfMatch: updated.ETag }));
    await expect(ask(url)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await expect(client.send(new GetDistributionCommand({ Id }))).rejects.toMatchObject({
      name: "NoSuchDistribution",
    });
  });

  it("keep their tags and are invalidated", async () => {
    const { Distribution } = await client.send(
      new CreateDistributionWithTagsCommand({
        DistributionConfigWithTags: {
          DistributionConfig: distributionConfig({}),
          Tags: { Items: [{ Key: "a", Value: "b" }] },
        },
      }),
    );
    const { Tags } = await client.send(new ListTagsForResourceCommand({ Resource: Distribution!.ARN! }));
    expect(Tags?.Items).toEqual([{ Key: "a", Value: "b" }]);
    const batch = { CallerReference: "1", Paths: list("/*") };
    const { Invalidation } = await client.send(
      new CreateInvalidationCommand({ DistributionId: Distribution!.Id!, InvalidationBatch: batch }),
    );
    const read = await client.send(
      new GetInvalidationCommand({ DistributionId: Distribution!.Id!, Id: Invalidation!.Id! }),
    );
    expect(read.Invalidation).toMatchObject({ Status: "Completed", InvalidationBatch: batch });
  });

  it.each([
    [
      "an IP as an origin",
      { Origins: list({ ...customOrigin(), DomainName: "127.0.0.1" }) },
      "InvalidArgument",
    ],
    [
      "an origin that does not exist",
      { DefaultCacheBehavior: behavior({ TargetOriginId: "none" }) },
      "NoSuchOrigin",
    ],
    [
      "a policy that does not exist",
      { DefaultCacheBehavior: behavior({ CachePolicyId: "none" }) },
      "NoSuchCachePolicy",
    ],
    [
      "a function that does not exist",
      {
        DefaultCacheBehavior: behavior({
          FunctionAssociations: list({
            EventType: "viewer-request",
            FunctionARN: "arn:aws:cloudfront::123456789012:function/none",
          }),
        }),
      },
      "InvalidFunctionAssociation",
    ],
    ["a wrong quantity", { Origins: { Quantity: 2, Items: [customOrigin()] } }, "InconsistentQuantities"],
    ["a firewall", { WebACLId: "arn:aws:wafv2:x" }, "NotImplemented"],
    [
      "a custom error page",
      {
        CustomErrorResponses: list({ ErrorCode: 404, ResponsePagePath: "/index.html", ResponseCode: "200" }),
      },
      "NotImplemented",
    ],
    [
      "signed URLs",
      { DefaultCacheBehavior: behavior({ TrustedKeyGroups: { Enabled: true, Quantity: 1, Items: ["k"] } }) },
      "NotImplemented",
    ],
  ])("with %s are refused", async (_, change: object, name) => {
    const command = new CreateDistributionCommand({ DistributionConfig: distributionConfig(change) });
    await expect(client.send(command)).rejects.toMatchObject({ name });
    expect(world.cloudfront.distributions()).toEqual([]);
  });
});

describe("functions through the SDK", () => {
  it("have a development stage and a live stage", async () => {
    const created = await client.send(
      new CreateFunctionCommand({ Name: "pin", FunctionConfig: config, FunctionCode: code }),
    );
    expect(created.FunctionSummary).toMatchObject({
      Name: "pin",
      Status: "UNPUBLISHED",
      FunctionMetadata: { Stage: "DEVELOPMENT" },
    });
    const live = { Name: "pin", Stage: "LIVE" as const };
    await expect(client.send(new DescribeFunctionCommand(live))).rejects.toMatchObject({
      name: "NoSuchFunctionExists",
    });
    await client.send(new PublishFunctionCommand({ Name: "pin", IfMatch: created.ETag }));
    const { FunctionCode } = await client.send(new GetFunctionCommand(live));
    expect(Buffer.from(FunctionCode!)).toEqual(code);
    const { FunctionList } = await client.send(new ListFunctionsCommand({ Stage: "LIVE" }));
    expect(FunctionList!.Items).toMatchObject([{ Name: "pin", FunctionMetadata: { Stage: "LIVE" } }]);
  });

  it("over 10 KB are refused, and those in use are not deleted", async () => {
    const large = new CreateFunctionCommand({
      Name: "large",
      FunctionConfig: config,
      FunctionCode: Buffer.alloc(10_241, " "),
    });
    await expect(client.send(large)).rejects.toMatchObject({
      name: "FunctionSizeLimitExceeded",
      $metadata: { httpStatusCode: 413 },
    });
    const association = await world.edgeFunction("viewer-request", String(code));
    await world.distribute({ DefaultCacheBehavior: behavior({ FunctionAssociations: list(association) }) });
    const { ETag } = await client.send(new DescribeFunctionCommand({ Name: "function-1" }));
    const remove = new DeleteFunctionCommand({ Name: "function-1", IfMatch: ETag });
    await expect(client.send(remove)).rejects.toMatchObject({ name: "FunctionInUse" });
  });
});

describe("KeyValueStores and policies through the SDK", () => {
  it("are created, listed and deleted, but not a store that a function reads", async () => {
    const { KeyValueStore, ETag } = await client.send(new CreateKeyValueStoreCommand({ Name: "pointer" }));
    expect((await client.send(new DescribeKeyValueStoreCommand({ Name: "pointer" }))).ETag).toBe(ETag);
    const { KeyValueStoreList } = await client.send(new ListKeyValueStoresCommand({}));
    expect(KeyValueStoreList!.Items).toMatchObject([
      { Name: "pointer", Status: "READY", ARN: KeyValueStore!.ARN },
    ]);
    await world.edgeFunction("viewer-request", String(code), KeyValueStore!.ARN);
    const remove = new DeleteKeyValueStoreCommand({ Name: "pointer", IfMatch: ETag });
    await expect(client.send(remove)).rejects.toMatchObject({ name: "CannotDeleteEntityWhileInUse" });
  });

  it("include AWS's managed cache policies", async () => {
    const { CachePolicy } = await client.send(new GetCachePolicyCommand({ Id: CACHING_OPTIMIZED }));
    expect(CachePolicy!.CachePolicyConfig!.Name).toBe("Managed-CachingOptimized");
    const { CachePolicyList } = await client.send(new ListCachePoliciesCommand({ Type: "managed" }));
    expect(CachePolicyList!.Items!.length).toBeGreaterThan(2);
  });

  it("refuse a cache policy with a cache key while caching is disabled", async () => {
    const create = world.call("CreateCachePolicy", {
      CachePolicyConfig: {
        Name: "broken",
        MinTTL: 0,
        DefaultTTL: 0,
        MaxTTL: 0,
        ParametersInCacheKeyAndForwardedToOrigin: {
          EnableAcceptEncodingGzip: false,
          HeadersConfig: { HeaderBehavior: "whitelist", Headers: list("x-pin") },
          CookiesConfig: { CookieBehavior: "none" },
          QueryStringsConfig: { QueryStringBehavior: "none" },
        },
      },
    });
    await expect(create).rejects.toMatchObject({ code: "InvalidArgument" });
  });
});
