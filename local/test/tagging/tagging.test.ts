import {
  GetResourcesCommand,
  ResourceGroupsTaggingAPIClient,
} from "@aws-sdk/client-resource-groups-tagging-api";
import { expect, it } from "vitest";
import { createElbv2 } from "../../src/services/elbv2/elbv2.ts";
import { createLogs } from "../../src/services/logs/logs.ts";
import { createTagging } from "../../src/services/tagging/tagging.ts";
import { startStage } from "../wire/stage.ts";

const REGION = { region: "eu-west-1" };

async function startTagging() {
  const { cloud, config } = await startStage((cloud) => ({
    logs: createLogs(cloud),
    elbv2: createElbv2(cloud),
    tagging: createTagging(cloud),
  }));
  const tagging = new ResourceGroupsTaggingAPIClient(config);
  const group = (logGroupName: string, tags: Record<string, string>) =>
    cloud.call("logs", "CreateLogGroup", { logGroupName, tags }, REGION);
  const get = async (input: object = {}) => {
    const page = await tagging.send(
      new GetResourcesCommand({
        ResourceTypeFilters: ["logs:log-group", "elasticloadbalancing:targetgroup"],
        TagFilters: [{ Key: "deploy:app", Values: ["shop"] }, { Key: "deploy:version" }],
        ...input,
      }),
    );
    const names = page.ResourceTagMappingList!.map(({ ResourceARN }) => ResourceARN!.split(/[:/]/).at(-1)!);
    return { names, token: page.PaginationToken, first: page.ResourceTagMappingList![0] };
  };
  return { cloud, group, get };
}

it("GetResources finds resources of the requested types with every requested tag", async () => {
  const { cloud, group, get } = await startTagging();
  await group("ours", { "deploy:app": "shop", "deploy:version": "1" });
  await group("platform", { "deploy:app": "shop" });
  await group("other", { "deploy:app": "other", "deploy:version": "1" });
  await cloud.call(
    "elbv2",
    "CreateTargetGroup",
    {
      Name: "ls-1",
      TargetType: "ip",
      Protocol: "HTTP",
      Port: 80,
      VpcId: "vpc-1",
      Tags: [
        { Key: "deploy:app", Value: "shop" },
        { Key: "deploy:version", Value: "1" },
      ],
    },
    REGION,
  );
  const { names, first } = await get();
  expect(names).toHaveLength(2);
  expect(names[1]).toBe("ours");
  expect(first).toMatchObject({
    ResourceARN: expect.stringContaining(":targetgroup/ls-1/"),
    Tags: expect.arrayContaining([{ Key: "deploy:version", Value: "1" }]),
  });
  expect((await get({ ResourceTypeFilters: ["logs:log-group"] })).names).toEqual(["ours"]);
});

it("GetResources returns pages, the last one with an empty token", async () => {
  const { group, get } = await startTagging();
  for (const name of ["a", "b", "c"]) await group(name, { "deploy:app": "shop", "deploy:version": name });
  const first = await get({ ResourcesPerPage: 2 });
  const second = await get({ ResourcesPerPage: 2, PaginationToken: first.token });
  expect([first.names, second.names, second.token]).toEqual([["a", "b"], ["c"], ""]);
});

it("GetResources refuses an unknown type, and a request for every type", async () => {
  const { get } = await startTagging();
  const refused = { name: "NotImplemented" };
  await expect(get({ ResourceTypeFilters: ["s3"] })).rejects.toMatchObject(refused);
  await expect(get({ ResourceTypeFilters: [] })).rejects.toMatchObject(refused);
});
