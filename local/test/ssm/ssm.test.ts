import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  DeleteParametersCommand,
  GetParameterCommand,
  GetParameterHistoryCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  ListTagsForResourceCommand,
  PutParameterCommand,
  type PutParameterCommandInput,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { describe, expect, it } from "vitest";
import { createSsm } from "../../src/services/ssm/ssm.ts";
import { startStage } from "../wire/stage.ts";

const NAME = "/deploy/shop/version-map";

async function startSsm() {
  const { config } = await startStage((cloud) => ({ ssm: createSsm(cloud) }), {
    now: () => 1_795_342_500_000,
  });
  const ssm = new SSMClient(config);
  const put = (input: Partial<PutParameterCommandInput>) =>
    ssm.send(new PutParameterCommand({ Name: NAME, Type: "String", Value: "1", ...input }));
  return { ssm, put, config };
}

describe("PutParameter", () => {
  it("counts versions, and GetParameter reads the newest or the given one", async () => {
    const { ssm, put } = await startSsm();
    expect(await put({ Value: "one" })).toMatchObject({ Version: 1, Tier: "Standard" });
    expect(await put({ Value: "two", Overwrite: true })).toMatchObject({ Version: 2 });
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: NAME }));
    expect(Parameter).toEqual({
      Name: NAME,
      Type: "String",
      Value: "two",
      Version: 2,
      LastModifiedDate: new Date(1_795_342_500_000),
      ARN: `arn:aws:ssm:eu-west-1:123456789012:parameter${NAME}`,
      DataType: "text",
    });
    const first = await ssm.send(new GetParameterCommand({ Name: `${NAME}:1` }));
    expect(first.Parameter).toMatchObject({ Value: "one", Selector: ":1" });
    const byArn = await ssm.send(new GetParameterCommand({ Name: Parameter?.ARN }));
    expect(byArn.Parameter?.Value).toBe("two");
    const none = ssm.send(new GetParameterCommand({ Name: `${NAME}:9` }));
    await expect(none).rejects.toMatchObject({ name: "ParameterVersionNotFound" });
  });

  it("refuses to overwrite without Overwrite", async () => {
    const { put } = await startSsm();
    await put({});
    await expect(put({})).rejects.toMatchObject({ name: "ParameterAlreadyExists" });
  });

  it("accepts 4,096 bytes, advanced 8,192, and intelligent tiering upgrades by itself", async () => {
    const { put } = await startSsm();
    const tooLarge = {
      name: "ValidationException",
      message: expect.stringContaining("maximum parameter value"),
    };
    await put({ Name: "/a", Value: "x".repeat(4096) });
    await expect(put({ Name: "/b", Value: "x".repeat(4097) })).rejects.toMatchObject(tooLarge);
    expect(await put({ Name: "/c", Value: "x".repeat(8192), Tier: "Advanced" })).toMatchObject({
      Tier: "Advanced",
    });
    await expect(put({ Name: "/d", Value: "x".repeat(8193), Tier: "Advanced" })).rejects.toMatchObject(
      tooLarge,
    );
    const tiered = { Name: "/e", Tier: "Intelligent-Tiering" as const, Overwrite: true };
    expect(await put({ ...tiered, Value: "x" })).toMatchObject({ Tier: "Standard" });
    expect(await put({ ...tiered, Value: "x".repeat(4097) })).toMatchObject({ Tier: "Advanced" });
    expect(await put({ ...tiered, Value: "x" })).toMatchObject({ Tier: "Advanced" });
    await expect(put({ ...tiered, Value: "x".repeat(8193) })).rejects.toMatchObject(tooLarge);
    const down = put({ ...tiered, Tier: "Standard", Value: "x" });
    await expect(down).rejects.toMatchObject({ message: expect.stringContaining("can't downgrade") });
  });

  it("refuses {{, an empty value, a missing type, another type, a reserved name", async () => {
    const { put } = await startSsm();
    await put({});
    const invalid = { name: "ValidationException" };
    await expect(put({ Name: "/n", Value: "{{ssm:x}}" })).rejects.toMatchObject(invalid);
    await expect(put({ Name: "/n", Value: "" })).rejects.toMatchObject(invalid);
    await expect(put({ Name: "/n", Type: undefined })).rejects.toMatchObject(invalid);
    await expect(put({ Name: "/n//m" })).rejects.toMatchObject(invalid);
    await expect(put({ Type: "SecureString", Overwrite: true })).rejects.toMatchObject({
      name: "HierarchyTypeMismatchException",
    });
    await expect(put({ Name: "/aws/n" })).rejects.toMatchObject({ name: "AccessDeniedException" });
    await expect(put({ Name: "/n", Policies: "[]" })).rejects.toMatchObject({ name: "NotImplemented" });
  });

  it("keeps a hundred versions", async () => {
    const { ssm, put } = await startSsm();
    for (let version = 1; version <= 102; version++) await put({ Value: `${version}`, Overwrite: true });
    const first = await ssm.send(new GetParameterHistoryCommand({ Name: NAME, MaxResults: 50 }));
    const { NextToken } = first;
    const second = await ssm.send(new GetParameterHistoryCommand({ Name: NAME, NextToken }));
    const versions = [...first.Parameters!, ...second.Parameters!].map(({ Version }) => Version);
    expect(versions).toEqual(Array.from({ length: 100 }, (_, i) => i + 3));
    expect(second.NextToken).toBeUndefined();
  });
});

it("a parameter exists only in its own region", async () => {
  const { put, config } = await startSsm();
  await put({});
  const elsewhere = new SSMClient({ ...config, region: "us-east-1" }).send(
    new GetParameterCommand({ Name: NAME }),
  );
  await expect(elsewhere).rejects.toMatchObject({
    name: "ParameterNotFound",
    message: `Parameter ${NAME} not found.`,
  });
});

it("GetParameters and DeleteParameters separate existing from missing names", async () => {
  const { ssm, put } = await startSsm();
  await put({});
  const got = await ssm.send(new GetParametersCommand({ Names: [NAME, "/none"] }));
  expect(got.Parameters?.map(({ Name }) => Name)).toEqual([NAME]);
  expect(got.InvalidParameters).toEqual(["/none"]);
  const deleted = await ssm.send(new DeleteParametersCommand({ Names: [NAME, "/none"] }));
  expect(deleted).toMatchObject({ DeletedParameters: [NAME], InvalidParameters: ["/none"] });
  const again = ssm.send(new DeleteParameterCommand({ Name: NAME }));
  await expect(again).rejects.toMatchObject({ name: "ParameterNotFound" });
  const many = ssm.send(new GetParametersCommand({ Names: Array.from({ length: 11 }, (_, i) => `/${i}`) }));
  await expect(many).rejects.toMatchObject({ name: "ValidationException" });
});

it("GetParametersByPath returns pages, one level deep or all levels", async () => {
  const { ssm, put } = await startSsm();
  for (let i = 0; i < 12; i++) await put({ Name: `/p/${String(i).padStart(2, "0")}` });
  await put({ Name: "/p/deep/er" });
  await put({ Name: "/pp" });
  const first = await ssm.send(new GetParametersByPathCommand({ Path: "/p" }));
  const second = await ssm.send(new GetParametersByPathCommand({ Path: "/p", NextToken: first.NextToken }));
  expect([first.Parameters?.length, second.Parameters?.length, second.NextToken]).toEqual([10, 2, undefined]);
  const deep = await ssm.send(new GetParametersByPathCommand({ Path: "/p/deep/", Recursive: true }));
  expect(deep.Parameters?.map(({ Name }) => Name)).toEqual(["/p/deep/er"]);
});

it("a SecureString is readable only when decrypted", async () => {
  const { ssm, put } = await startSsm();
  await put({ Type: "SecureString", Value: "hush" });
  const get = (WithDecryption: boolean) => ssm.send(new GetParameterCommand({ Name: NAME, WithDecryption }));
  expect((await get(false)).Parameter?.Value).not.toContain("hush");
  expect((await get(true)).Parameter?.Value).toBe("hush");
});

it("AddTagsToResource adds to a parameter's tags", async () => {
  const { ssm, put } = await startSsm();
  await put({ Tags: [{ Key: "a", Value: "1" }] });
  const resource = { ResourceType: "Parameter" as const, ResourceId: NAME };
  await ssm.send(new AddTagsToResourceCommand({ ...resource, Tags: [{ Key: "b", Value: "2" }] }));
  const { TagList } = await ssm.send(new ListTagsForResourceCommand(resource));
  expect(TagList).toEqual([
    { Key: "a", Value: "1" },
    { Key: "b", Value: "2" },
  ]);
});
