import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

describe("task definitions", () => {
  it("get revisions; a family refers to its newest active one", async () => {
    const first = await stage.define({}, "revised");
    const second = await stage.define({}, "revised");
    const describeTask = (taskDefinition: string) => stage.ecs.describeTaskDefinition({ taskDefinition });
    expect((await describeTask("revised")).taskDefinition!.taskDefinitionArn).toBe(second);
    await stage.ecs.deregisterTaskDefinition({ taskDefinition: second });
    expect((await describeTask("revised")).taskDefinition!.taskDefinitionArn).toBe(first);
    expect((await describeTask("revised:2")).taskDefinition!.status).toBe("INACTIVE");
    await expect(stage.create("x", { taskDefinition: second })).rejects.toThrow("inactive");
  });

  it("are refused where Fargate refuses them", async () => {
    const base = {
      family: "wrong",
      requiresCompatibilities: ["FARGATE" as const],
      networkMode: "awsvpc" as const,
      executionRoleArn: "arn:aws:iam::123456789012:role/execution",
      containerDefinitions: [{ name: "a", image: stage.image }],
    };
    const register = (input: object) => stage.ecs.registerTaskDefinition({ ...base, ...input });
    await expect(register({ cpu: "256", memory: "4096" })).rejects.toThrow("No Fargate configuration");
    await expect(register({ cpu: "1 vCPU", memory: "1 GB" })).rejects.toThrow("No Fargate configuration");
    await expect(register({ cpu: "256", memory: "512", networkMode: "bridge" })).rejects.toThrow("awsvpc");
    await expect(register({ cpu: "256", memory: "512", executionRoleArn: undefined })).rejects.toThrow(
      "execution role",
    );
  });

  it("are refused by name for features that the local AWS lacks", async () => {
    const healthCheck = { command: ["CMD", "true"] };
    await expect(stage.define({ healthCheck })).rejects.toThrow("ecs:RegisterTaskDefinition: healthCheck");
    const secrets = [{ name: "A", valueFrom: "arn" }];
    await expect(stage.define({ secrets })).rejects.toMatchObject({ name: "NotImplemented" });
  });
});

describe("services", () => {
  it("are described at most 10 at a time, with failures for unknown ones", async () => {
    const services = Array.from({ length: 11 }, (_, index) => `s${index}`);
    await expect(stage.ecs.describeServices({ cluster: "main", services })).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
    const { failures } = await stage.ecs.describeServices({ cluster: "main", services: ["none"] });
    expect(failures).toMatchObject([{ reason: "MISSING" }]);
  });

  it("are listed in pages", async () => {
    for (const name of ["a", "b", "c"]) await stage.create(name, { desiredCount: 0 });
    const page = { cluster: "main", maxResults: 2 };
    const first = await stage.ecs.listServices(page);
    const second = await stage.ecs.listServices({ ...page, nextToken: first.nextToken });
    const names = [...first.serviceArns!, ...second.serviceArns!].map((arn) => arn.split("/").at(-1));
    expect([first.serviceArns!.length, names, second.nextToken]).toEqual([2, ["a", "b", "c"], undefined]);
  });

  it("have tags that can be read and changed", async () => {
    const { serviceArn } = await stage.create("tagged", {
      desiredCount: 0,
      tags: [{ key: "deploy:version", value: "1" }],
    });
    await stage.ecs.tagResource({ resourceArn: serviceArn, tags: [{ key: "b", value: "2" }] });
    const { tags } = await stage.ecs.listTagsForResource({ resourceArn: serviceArn });
    expect(tags).toEqual([
      { key: "deploy:version", value: "1" },
      { key: "b", value: "2" },
    ]);
  });

  it("block the deletion of their cluster", async () => {
    await expect(stage.ecs.deleteCluster({ cluster: "main" })).rejects.toMatchObject({
      name: "ClusterContainsServicesException",
    });
    await stage.ecs.createCluster({ clusterName: "empty" });
    expect((await stage.ecs.deleteCluster({ cluster: "empty" })).cluster!.status).toBe("INACTIVE");
    await expect(stage.ecs.listServices({ cluster: "empty" })).rejects.toMatchObject({
      name: "ClusterNotFoundException",
    });
  });
});
