import {
  CloudFrontKeyValueStoreClient,
  DeleteKeyCommand,
  DescribeKeyValueStoreCommand,
  GetKeyCommand,
  ListKeysCommand,
  PutKeyCommand,
  UpdateKeysCommand,
} from "@aws-sdk/client-cloudfront-keyvaluestore";
import "@aws-sdk/signature-v4a";
import dns from "node:dns";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Endpoint, startEndpoint } from "../../src/wire/endpoint.ts";
import { createWorld, type World } from "./world.ts";

let world: World;
let endpoint: Endpoint;
let client: CloudFrontKeyValueStoreClient;
let KvsARN: string;
beforeEach(async () => {
  world = await createWorld();
  endpoint = await startEndpoint(world.cloud, { port: 0 });
  // The client prepends the account to the host, and glibc does not resolve names below localhost.
  const lookup = dns.lookup;
  vi.spyOn(dns, "lookup").mockImplementation(((host: string, options: object, done: any) =>
    lookup(host.endsWith(".localhost") ? "127.0.0.1" : host, options, done)) as typeof dns.lookup);
  client = new CloudFrontKeyValueStoreClient({
    region: "us-east-1",
    endpoint: endpoint.url.replace("127.0.0.1", "localhost"),
    credentials: { accessKeyId: "AKIDLOCAL", secretAccessKey: "secret" },
  });
  KvsARN = (await world.call("CreateKeyValueStore", { Name: "pointer" })).KeyValueStore.ARN;
});
afterEach(async () => {
  client.destroy();
  vi.restoreAllMocks();
  await endpoint.close();
  await world.close();
});

async function etag(): Promise<string> {
  return (await client.send(new DescribeKeyValueStoreCommand({ KvsARN }))).ETag!;
}

describe("the keys of a KeyValueStore through the SDK", () => {
  it("are put, read, listed in pages and deleted", async () => {
    const first = await client.send(
      new PutKeyCommand({ KvsARN, Key: "current", Value: "v1", IfMatch: await etag() }),
    );
    expect(first).toMatchObject({ ItemCount: 1, TotalSizeInBytes: 9 });
    expect(first.ETag).toBe(await etag());
    expect(await client.send(new GetKeyCommand({ KvsARN, Key: "current" }))).toMatchObject({
      Value: "v1",
      ItemCount: 1,
    });
    const puts = [
      { Key: "b", Value: "2" },
      { Key: "c", Value: "3" },
    ];
    await client.send(
      new UpdateKeysCommand({ KvsARN, IfMatch: first.ETag, Puts: puts, Deletes: [{ Key: "current" }] }),
    );
    const page = await client.send(new ListKeysCommand({ KvsARN, MaxResults: 1 }));
    const rest = await client.send(new ListKeysCommand({ KvsARN, NextToken: page.NextToken }));
    expect([...page.Items!, ...rest.Items!]).toEqual(puts);
    expect(rest.NextToken).toBeUndefined();
    await client.send(new DeleteKeyCommand({ KvsARN, Key: "b", IfMatch: await etag() }));
    await expect(client.send(new GetKeyCommand({ KvsARN, Key: "b" }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });

  it("are changed by only one of two writers with the same ETag", async () => {
    const IfMatch = await etag();
    const write = (Value: string) =>
      client.send(new PutKeyCommand({ KvsARN, Key: "current", Value, IfMatch }));
    const outcomes = await Promise.allSettled([write("v1"), write("v2")]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const lost = outcomes.find((outcome) => outcome.status === "rejected");
    expect(lost?.reason).toMatchObject({ name: "ConflictException", $metadata: { httpStatusCode: 409 } });
  });

  it("change all together or not at all", async () => {
    const IfMatch = await etag();
    const update = new UpdateKeysCommand({
      KvsARN,
      IfMatch,
      Puts: [{ Key: "a", Value: "1" }],
      Deletes: [{ Key: "none" }],
    });
    await expect(client.send(update)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    expect(await etag()).toBe(IfMatch);
    expect((await client.send(new ListKeysCommand({ KvsARN }))).Items).toEqual([]);
  });

  it.each([
    ["a value over 1 KB", [{ Key: "a", Value: "x".repeat(1025) }], "ServiceQuotaExceededException"],
    ["a key over 512 B", [{ Key: "x".repeat(513), Value: "" }], "ServiceQuotaExceededException"],
    [
      "more than 50 keys",
      Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: "" })),
      "ServiceQuotaExceededException",
    ],
    [
      "one key twice",
      [
        { Key: "a", Value: "1" },
        { Key: "a", Value: "2" },
      ],
      "ValidationException",
    ],
  ])("refuse %s", async (_, Puts, name) => {
    await expect(
      client.send(new UpdateKeysCommand({ KvsARN, IfMatch: await etag(), Puts })),
    ).rejects.toMatchObject({ name });
  });
});
