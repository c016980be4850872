import {
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  ListStackResourcesCommand,
  ListStacksCommand,
  paginateDescribeStackEvents,
  UpdateStackCommand,
  UpdateTerminationProtectionCommand,
} from "@aws-sdk/client-cloudformation";
import { GetParameterCommand, ListTagsForResourceCommand, PutParameterCommand } from "@aws-sdk/client-ssm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStage, parameter, type Stage, template } from "./stage.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const create = (name: string, body: string, more: object = {}) =>
  stage.cloudformation.send(new CreateStackCommand({ StackName: name, TemplateBody: body, ...more }));
const update = (name: string, body: string, more: object = {}) =>
  stage.cloudformation.send(new UpdateStackCommand({ StackName: name, TemplateBody: body, ...more }));
const remove = (name: string) => stage.cloudformation.send(new DeleteStackCommand({ StackName: name }));
const parameterValue = async (name: string) =>
  (await stage.ssm.send(new GetParameterCommand({ Name: name }))).Parameter!.Value;

describe("CreateStack", () => {
  it("creates resources in the order of their references and shows outputs, tags and events", async () => {
    const body = template(
      {
        Second: parameter({ "Fn::Sub": `$\{First}=$\{First.Value}` }, { Name: "/second" }),
        First: parameter("one", { Name: "/first" }),
      },
      { Outputs: { Name: { Value: { Ref: "Second" }, Description: "the second" } } },
    );
    const { StackId } = await create("app", body, { Tags: [{ Key: "team", Value: "web" }] });
    const stack = await stage.settled("app");
    expect(stack).toMatchObject({
      StackId,
      StackStatus: "CREATE_COMPLETE",
      Outputs: [{ OutputKey: "Name", OutputValue: "/second", Description: "the second" }],
      Tags: [{ Key: "team", Value: "web" }],
    });
    expect(await parameterValue("/second")).toBe("/first=one");
    expect(await stage.events("app")).toEqual([
      "app CREATE_IN_PROGRESS: User Initiated",
      "First CREATE_IN_PROGRESS",
      "First CREATE_IN_PROGRESS: Resource creation Initiated",
      "First CREATE_COMPLETE",
      "Second CREATE_IN_PROGRESS",
      "Second CREATE_IN_PROGRESS: Resource creation Initiated",
      "Second CREATE_COMPLETE",
      "app CREATE_COMPLETE",
    ]);
  });

  it("adds the stack's tags to resources and removes them with the stack's", async () => {
    const tagsOf = async () =>
      (
        await stage.ssm.send(
          new ListTagsForResourceCommand({ ResourceType: "Parameter", ResourceId: "/tagged" }),
        )
      ).TagList;
    const body = template({ P: parameter("1", { Name: "/tagged", Tags: { own: "yes" } }) });
    await create("app", body, { Tags: [{ Key: "team", Value: "web" }] });
    await stage.settled("app");
    expect(await tagsOf()).toEqual(
      expect.arrayContaining([
        { Key: "own", Value: "yes" },
        { Key: "team", Value: "web" },
      ]),
    );
    await update("app", body, { Tags: [{ Key: "team", Value: "ops" }] });
    expect((await stage.settled("app")).StackStatus).toBe("UPDATE_COMPLETE");
    expect(await tagsOf()).toEqual(expect.arrayContaining([{ Key: "team", Value: "ops" }]));
  });

  it("creates independent resources in parallel", async () => {
    let waiting = 0;
    let release = () => {};
    const both = new Promise<void>((resolve) => {
      release = resolve;
    });
    stage.replace("ssm", "PutParameter", async (_input, original) => {
      waiting += 1;
      if (waiting === 2) release();
      await both;
      return original();
    });
    await create("app", template({ A: parameter("1"), B: parameter("2") }));
    expect((await stage.settled("app")).StackStatus).toBe("CREATE_COMPLETE");
  });

  it("rolls back when a resource fails, and names the resource and the reason", async () => {
    await create(
      "app",
      template({
        Good: parameter("1", { Name: "/good" }),
        Bad: parameter("{{", { Name: "/bad" }, { DependsOn: "Good" }),
      }),
    );
    const stack = await stage.settled("app");
    expect(stack.StackStatus).toBe("ROLLBACK_COMPLETE");
    await expect(parameterValue("/good")).rejects.toThrow("not found");
    const events = await stage.events("app");
    expect(events).toContain(
      "app ROLLBACK_IN_PROGRESS: The following resource(s) failed to create: [Bad]. Rollback requested by user.",
    );
    expect(events.find((event) => event.startsWith("Bad CREATE_FAILED"))).toContain("can't nest");
    expect(events).toContain("Good DELETE_COMPLETE");
  });

  it("keeps resources when rollback is disabled, and an update can fix the stack", async () => {
    const fix = (value: string) =>
      template({ Good: parameter("1", { Name: "/good" }), Bad: parameter(value, { Name: "/bad" }) });
    await create("app", fix("{{"), { OnFailure: "DO_NOTHING" });
    expect((await stage.settled("app")).StackStatus).toBe("CREATE_FAILED");
    await update("app", fix("fixed"));
    expect((await stage.settled("app")).StackStatus).toBe("UPDATE_COMPLETE");
    expect(await parameterValue("/bad")).toBe("fixed");
  });

  it("deletes a failed stack with OnFailure DELETE", async () => {
    const { StackId } = await create("app", template({ Bad: parameter("{{") }), { OnFailure: "DELETE" });
    expect((await stage.settled(StackId!)).StackStatus).toBe("DELETE_COMPLETE");
  });

  it("returns the same output to a repeated token and refuses a duplicate name otherwise", async () => {
    const body = template({ P: parameter("1") });
    const first = await create("app", body, { ClientRequestToken: "t-1" });
    const second = await create("app", body, { ClientRequestToken: "t-1" });
    expect(second.StackId).toBe(first.StackId);
    await expect(create("app", body)).rejects.toMatchObject({
      name: "AlreadyExistsException",
      message: "Stack [app] already exists",
    });
  });

  it.each([
    ["an unknown type", { X: { Type: "AWS::Foo::Bar" } }, /Unrecognized resource types: \[AWS::Foo::Bar\]/],
    [
      "a reference to an unknown resource",
      { X: parameter({ Ref: "Missing" }) },
      /Unresolved resource dependencies \[Missing\]/,
    ],
    [
      "an attribute that the type lacks",
      { X: parameter({ "Fn::GetAtt": ["Y", "Arn"] }), Y: parameter("1") },
      /resource Y does not support attribute type Arn in Fn::GetAtt/,
    ],
    [
      "a circle",
      { X: parameter({ Ref: "Y" }), Y: parameter({ Ref: "X" }) },
      /Circular dependency between resources: \[X, Y\]/,
    ],
    [
      "an unknown function",
      { X: parameter({ "Fn::Magic": "1" }) },
      /does not support the function Fn::Magic/,
    ],
  ])("refuses %s before it creates a resource", async (_what, resources, message) => {
    await expect(create("app", template(resources))).rejects.toThrow(message);
    await expect(stage.settled("app")).rejects.toThrow("Stack with id app does not exist");
  });

  it("fails the resource with an unknown property, by name", async () => {
    await create("app", template({ P: parameter("1", { Policies: "x" }) }));
    await stage.settled("app");
    const failed = (await stage.events("app")).find((event) => event.startsWith("P CREATE_FAILED"));
    expect(failed).toContain("extraneous key [Policies] is not permitted");
  });

  it("requires a capability for IAM resources", async () => {
    const role = { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: {}, RoleName: "r" } };
    await expect(create("app", template({ Role: role }))).rejects.toMatchObject({
      name: "InsufficientCapabilitiesException",
      message: "Requires capabilities : [CAPABILITY_NAMED_IAM]",
    });
  });
});

describe("UpdateStack", () => {
  it("refuses an update that changes nothing", async () => {
    const body = template({ P: parameter("1") });
    await create("app", body);
    await stage.settled("app");
    await expect(update("app", body)).rejects.toMatchObject({
      name: "ValidationError",
      message: "No updates are to be performed.",
    });
  });

  it("does not write a parameter with unchanged properties, whatever its present value", async () => {
    const live = parameter("initial", { Name: "/live" });
    await create("app", template({ Live: live, Other: parameter("1", { Name: "/other" }) }));
    await stage.settled("app");
    await stage.ssm.send(new PutParameterCommand({ Name: "/live", Value: "moved on", Overwrite: true }));
    await update("app", template({ Live: live, Other: parameter("2", { Name: "/other" }) }));
    expect((await stage.settled("app")).StackStatus).toBe("UPDATE_COMPLETE");
    expect(await parameterValue("/live")).toBe("moved on");
    expect(await parameterValue("/other")).toBe("2");
  });

  it("replaces fixed resources, deletes the old ones last, and adds and removes resources", async () => {
    const before = {
      Moved: parameter("1", { Name: "/old-name" }),
      User: parameter({ Ref: "Moved" }, { Name: "/user" }),
      Gone: parameter("1", { Name: "/gone" }),
    };
    const after = {
      Moved: parameter("1", { Name: "/new-name" }),
      User: parameter({ Ref: "Moved" }, { Name: "/user" }),
      New: parameter("1", { Name: "/new" }),
    };
    await create("app", template(before));
    await stage.settled("app");
    const seen = (await stage.events("app")).length;
    await update("app", template(after));
    expect((await stage.settled("app")).StackStatus).toBe("UPDATE_COMPLETE");
    expect(await parameterValue("/user")).toBe("/new-name");
    expect(await parameterValue("/new")).toBe("1");
    await expect(parameterValue("/old-name")).rejects.toThrow("not found");
    await expect(parameterValue("/gone")).rejects.toThrow("not found");
    const events = (await stage.events("app")).slice(seen);
    const cleanup = events.indexOf("app UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
    expect(events.indexOf("User UPDATE_COMPLETE")).toBeLessThan(cleanup);
    expect(events.indexOf("Moved DELETE_COMPLETE")).toBeGreaterThan(cleanup);
    expect(events.indexOf("Gone DELETE_COMPLETE")).toBeGreaterThan(cleanup);
  });

  it("restores the previous state when a resource fails", async () => {
    const before = { A: parameter("1", { Name: "/a" }), M: parameter("1", { Name: "/m" }) };
    const after = {
      A: parameter("2", { Name: "/a" }),
      M: parameter("1", { Name: "/m2" }),
      N: parameter("1", { Name: "/n" }),
      Bad: parameter("{{", {}, { DependsOn: ["A", "M", "N"] }),
    };
    await create("app", template(before));
    await stage.settled("app");
    await update("app", template(after));
    const stack = await stage.settled("app");
    expect(stack.StackStatus).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(await parameterValue("/a")).toBe("1");
    expect(await parameterValue("/m")).toBe("1");
    await expect(parameterValue("/m2")).rejects.toThrow("not found");
    await expect(parameterValue("/n")).rejects.toThrow("not found");
    const { TemplateBody } = await stage.cloudformation.send(new GetTemplateCommand({ StackName: "app" }));
    expect(JSON.parse(TemplateBody!)).toEqual({ Resources: before });
    await update("app", template({ A: parameter("3", { Name: "/a" }), M: before.M }));
    expect((await stage.settled("app")).StackStatus).toBe("UPDATE_COMPLETE");
    expect(await parameterValue("/a")).toBe("3");
  });

  it("reports a missing stack in AWS's words", async () => {
    await expect(update("missing", template({ P: parameter("1") }))).rejects.toMatchObject({
      name: "ValidationError",
      message: "Stack [missing] does not exist",
    });
  });

  it("uses previous parameters and the previous template on request", async () => {
    const body = template(
      { P: parameter({ Ref: "Value" }, { Name: "/p" }), Q: parameter({ Ref: "Other" }, { Name: "/q" }) },
      { Parameters: { Value: { Type: "String" }, Other: { Type: "String", Default: "d" } } },
    );
    await create("app", body, { Parameters: [{ ParameterKey: "Value", ParameterValue: "v" }] });
    await stage.settled("app");
    await stage.cloudformation.send(
      new UpdateStackCommand({
        StackName: "app",
        UsePreviousTemplate: true,
        Parameters: [
          { ParameterKey: "Value", UsePreviousValue: true },
          { ParameterKey: "Other", ParameterValue: "o" },
        ],
      }),
    );
    await stage.settled("app");
    expect([await parameterValue("/p"), await parameterValue("/q")]).toEqual(["v", "o"]);
  });
});

describe("DeleteStack", () => {
  it("deletes dependents first, retains resources on request, and keeps the stack visible by id", async () => {
    const { StackId } = await create(
      "app",
      template({
        Base: parameter("1", { Name: "/base" }),
        Top: parameter({ Ref: "Base" }, { Name: "/top" }),
        Kept: parameter("1", { Name: "/kept" }, { DeletionPolicy: "Retain" }),
      }),
    );
    await stage.settled("app");
    await remove("app");
    expect((await stage.settled(StackId!)).StackStatus).toBe("DELETE_COMPLETE");
    await expect(
      stage.cloudformation.send(new DescribeStacksCommand({ StackName: "app" })),
    ).rejects.toMatchObject({ name: "ValidationError", message: "Stack with id app does not exist" });
    expect(await parameterValue("/kept")).toBe("1");
    const events = await stage.events(StackId!);
    expect(events.indexOf("Top DELETE_COMPLETE")).toBeLessThan(events.indexOf("Base DELETE_IN_PROGRESS"));
    expect(events).toContain("Kept DELETE_SKIPPED");
    const { StackSummaries } = await stage.cloudformation.send(
      new ListStacksCommand({ StackStatusFilter: ["DELETE_COMPLETE"] }),
    );
    expect(StackSummaries!.map((each) => each.StackId)).toEqual([StackId]);
  });

  it("reports failed deletions and keeps their dependencies; a second try completes", async () => {
    const { StackId } = await create(
      "app",
      template({
        Base: parameter("1", { Name: "/base" }),
        Top: parameter({ Ref: "Base" }, { Name: "/top" }),
        Free: parameter("1", { Name: "/free" }),
      }),
    );
    await stage.settled("app");
    let broken = true;
    stage.replace("ssm", "DeleteParameter", (input, original) => {
      if (broken && input.Name === "/top") throw new Error("no");
      return original();
    });
    await remove("app");
    const stack = await stage.settled("app");
    expect(stack).toMatchObject({
      StackStatus: "DELETE_FAILED",
      StackStatusReason: "The following resource(s) failed to delete: [Top].",
    });
    expect(await parameterValue("/base")).toBe("1");
    await expect(parameterValue("/free")).rejects.toThrow("not found");
    broken = false;
    await remove("app");
    expect((await stage.settled(StackId!)).StackStatus).toBe("DELETE_COMPLETE");
  });

  it("succeeds for a missing stack, and for a missing resource", async () => {
    await remove("missing");
    const { StackId } = await create("app", template({ P: parameter("1", { Name: "/p" }) }));
    await stage.settled("app");
    await stage.cloud.call("ssm", "DeleteParameter", { Name: "/p" }, { region: "eu-west-1" });
    await remove("app");
    expect((await stage.settled(StackId!)).StackStatus).toBe("DELETE_COMPLETE");
  });

  it("is refused while termination protection is enabled", async () => {
    await create("app", template({ P: parameter("1") }), { EnableTerminationProtection: true });
    await stage.settled("app");
    await expect(remove("app")).rejects.toThrow(
      "Stack [app] cannot be deleted while TerminationProtection is enabled",
    );
    await stage.cloudformation.send(
      new UpdateTerminationProtectionCommand({ StackName: "app", EnableTerminationProtection: false }),
    );
    await remove("app");
  });

  it("cancels a creation in progress", async () => {
    let started = () => {};
    const creating = new Promise<void>((resolve) => {
      started = resolve;
    });
    let finish = () => {};
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    stage.replace("ssm", "PutParameter", async (_input, original) => {
      started();
      await held;
      return original();
    });
    const { StackId } = await create(
      "app",
      template({ P: parameter("1", { Name: "/p" }), Q: parameter({ Ref: "P" }, { Name: "/q" }) }),
    );
    await creating;
    await remove("app");
    finish();
    expect((await stage.settled(StackId!)).StackStatus).toBe("DELETE_COMPLETE");
    await expect(parameterValue("/p")).rejects.toThrow("not found");
  });
});

describe("exports", () => {
  const exporting = template(
    { P: parameter("1") },
    { Outputs: { Shared: { Value: "it", Export: { Name: "shared" } } } },
  );

  it("give values to other stacks, have unique names, and block the deletion of their stack while imported", async () => {
    await create("giver", exporting);
    await stage.settled("giver");
    const { StackId } = await create(
      "taker",
      template({ P: parameter({ "Fn::ImportValue": "shared" }, { Name: "/importer" }) }),
    );
    await stage.settled("taker");
    expect(await parameterValue("/importer")).toBe("it");
    await create("rival", exporting);
    const rival = await stage.settled("rival");
    expect(rival.StackStatus).toBe("ROLLBACK_COMPLETE");
    expect((await stage.events("rival")).join()).toContain(
      "Export with name shared is already exported by stack giver.",
    );
    await expect(remove("giver")).rejects.toThrow("Export shared cannot be deleted as it is in use by taker");
    await remove("taker");
    await stage.settled(StackId!);
    await remove("giver");
  });
});

describe("reading stacks", () => {
  it("returns long listings in pages", async () => {
    await stage.close();
    stage = await openStage({ pageSize: 2 });
    for (const name of ["a", "b", "c"]) {
      await create(name, template({ P: parameter("1"), Q: parameter("2") }));
      await stage.settled(name);
    }
    const first = await stage.cloudformation.send(new DescribeStacksCommand({}));
    const second = await stage.cloudformation.send(new DescribeStacksCommand({ NextToken: first.NextToken }));
    expect([...first.Stacks!, ...second.Stacks!].map((each) => each.StackName)).toEqual(["a", "b", "c"]);
    expect(second.NextToken).toBeUndefined();
    const pages = paginateDescribeStackEvents({ client: stage.cloudformation }, { StackName: "a" });
    const all = [];
    for await (const { StackEvents } of pages) all.push(...StackEvents!);
    expect(all).toHaveLength(8);
    expect(all[0]!.ResourceStatus).toBe("CREATE_COMPLETE");
  });

  it("lists resources with their physical ids", async () => {
    await create("app", template({ P: parameter("1", { Name: "/p" }) }));
    await stage.settled("app");
    const described = await stage.cloudformation.send(
      new DescribeStackResourcesCommand({ StackName: "app" }),
    );
    expect(described.StackResources).toMatchObject([
      { LogicalResourceId: "P", PhysicalResourceId: "/p", ResourceStatus: "CREATE_COMPLETE" },
    ]);
    const listed = await stage.cloudformation.send(new ListStackResourcesCommand({ StackName: "app" }));
    expect(listed.StackResourceSummaries).toMatchObject([
      { LogicalResourceId: "P", ResourceType: "AWS::SSM::Parameter" },
    ]);
  });

  it("reports a missing stack in AWS's words for each call", async () => {
    await expect(
      stage.cloudformation.send(new DescribeStackEventsCommand({ StackName: "missing" })),
    ).rejects.toThrow("Stack [missing] does not exist");
    await expect(stage.cloudformation.send(new GetTemplateCommand({ StackName: "missing" }))).rejects.toThrow(
      "Stack with id missing does not exist",
    );
  });
});
