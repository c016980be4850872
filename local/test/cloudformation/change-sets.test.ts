import {
  type ChangeSetType,
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DescribeChangeSetCommand,
  DescribeEventsCommand,
  ExecuteChangeSetCommand,
  ListChangeSetsCommand,
} from "@aws-sdk/client-cloudformation";
import { GetParameterCommand } from "@aws-sdk/client-ssm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStage, parameter, SCOPE, type Stage, template } from "./stage.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const plan = (body: string, type: ChangeSetType, more: object = {}) =>
  stage.cloudformation.send(
    new CreateChangeSetCommand({
      StackName: "app",
      ChangeSetName: "cdk-deploy",
      ChangeSetType: type,
      TemplateBody: body,
      ...more,
    }),
  );
const look = (more: object = {}) =>
  stage.cloudformation.send(
    new DescribeChangeSetCommand({ StackName: "app", ChangeSetName: "cdk-deploy", ...more }),
  );
const execute = () =>
  stage.cloudformation.send(new ExecuteChangeSetCommand({ StackName: "app", ChangeSetName: "cdk-deploy" }));
const deploy = async (body: string, type: ChangeSetType) => {
  await plan(body, type);
  await execute();
  return stage.settled("app");
};

describe("a change set", () => {
  it("creates a stack that stays in review until the change set is executed", async () => {
    const { StackId } = await plan(template({ P: parameter("1", { Name: "/p" }) }), "CREATE");
    expect(await stage.events("app")).toEqual([]);
    const described = await look();
    expect(described).toMatchObject({
      StackId,
      Status: "CREATE_COMPLETE",
      ExecutionStatus: "AVAILABLE",
      Changes: [{ ResourceChange: { Action: "Add", LogicalResourceId: "P" } }],
    });
    await execute();
    expect((await stage.settled("app")).StackStatus).toBe("CREATE_COMPLETE");
  });

  it("shows additions, changes, replacements and removals of an update", async () => {
    await deploy(
      template({
        Same: parameter("1"),
        Changed: parameter("1", { Name: "/changed" }),
        Moved: parameter("1", { Name: "/before" }),
        User: parameter({ Ref: "Moved" }, { Name: "/user" }),
        Gone: parameter("1"),
      }),
      "CREATE",
    );
    await plan(
      template({
        Same: parameter("1"),
        Changed: parameter("2", { Name: "/changed" }),
        Moved: parameter("1", { Name: "/after" }),
        User: parameter({ Ref: "Moved" }, { Name: "/user" }),
        Added: parameter("1"),
      }),
      "UPDATE",
    );
    const { Changes } = await look({ IncludePropertyValues: true });
    const lines = Changes!.map(({ ResourceChange: change }) =>
      [change!.Action, change!.LogicalResourceId, change!.Replacement, change!.PolicyAction].join(" ").trim(),
    );
    expect(lines.sort()).toEqual([
      "Add Added",
      "Modify Changed False",
      "Modify Moved True ReplaceAndDelete",
      "Modify User False",
      "Remove Gone  Delete",
    ]);
    const user = Changes!.find(({ ResourceChange: change }) => change!.LogicalResourceId === "User")!;
    expect(user.ResourceChange!.Details).toMatchObject([
      {
        Target: {
          Attribute: "Properties",
          Name: "Value",
          BeforeValue: "/before",
          AfterValue: "{{changeSet:KNOWN_AFTER_APPLY}}",
        },
      },
    ]);
  });

  it("fails without changes, with the reason that the CDK CLI recognizes", async () => {
    const body = template({ P: parameter("1") });
    await deploy(body, "CREATE");
    await plan(body, "UPDATE");
    expect(await look()).toMatchObject({
      Status: "FAILED",
      ExecutionStatus: "UNAVAILABLE",
      StatusReason:
        "The submitted information didn't contain changes. Submit different information to create a change set.",
    });
    await expect(execute()).rejects.toMatchObject({ name: "InvalidChangeSetStatusException" });
  });

  it("accepts a change of outputs alone", async () => {
    await deploy(template({ P: parameter("1") }), "CREATE");
    const stack = await deploy(
      template({ P: parameter("1") }, { Outputs: { Where: { Value: { Ref: "AWS::Region" } } } }),
      "UPDATE",
    );
    expect(stack).toMatchObject({
      StackStatus: "UPDATE_COMPLETE",
      Outputs: [{ OutputKey: "Where", OutputValue: "eu-west-1" }],
    });
  });

  it("fails on unknown properties, and DescribeEvents shows the path of each", async () => {
    await plan(template({ P: parameter("1", { Polices: "x" }) }), "CREATE");
    expect((await look()).StatusReason).toContain("AWS::EarlyValidation::PropertyValidation");
    const { OperationEvents } = await stage.cloudformation.send(
      new DescribeEventsCommand({
        StackName: "app",
        ChangeSetName: "cdk-deploy",
        Filters: { FailedEvents: true },
      }),
    );
    expect(OperationEvents).toMatchObject([
      {
        EventType: "VALIDATION_ERROR",
        LogicalResourceId: "P",
        ValidationPath: "/Resources/P/Properties",
        ValidationStatusReason: expect.stringContaining("extraneous key [Polices]"),
      },
    ]);
  });

  it("no longer exists after its deletion and after the execution of another one", async () => {
    await plan(template({ P: parameter("1") }), "CREATE");
    await plan(template({ P: parameter("2") }), "CREATE", { ChangeSetName: "other" });
    await expect(plan(template({ P: parameter("1") }), "CREATE")).rejects.toMatchObject({
      name: "AlreadyExistsException",
    });
    await stage.cloudformation.send(
      new DeleteChangeSetCommand({ StackName: "app", ChangeSetName: "cdk-deploy" }),
    );
    await expect(look()).rejects.toMatchObject({ name: "ChangeSetNotFoundException" });
    await stage.cloudformation.send(
      new ExecuteChangeSetCommand({ StackName: "app", ChangeSetName: "other" }),
    );
    await stage.settled("app");
    const { Summaries } = await stage.cloudformation.send(new ListChangeSetsCommand({ StackName: "app" }));
    expect(Summaries ?? []).toEqual([]);
  });

  it.each(["path style", "virtual-host style"])("reads its template from S3 (%s)", async (style) => {
    await stage.cloud.call("s3", "CreateBucket", { Bucket: "templates" }, SCOPE);
    const Body = new TextEncoder().encode(template({ P: parameter("from S3", { Name: "/p" }) }));
    await stage.cloud.call("s3", "PutObject", { Bucket: "templates", Key: "a/t.json", Body }, SCOPE);
    const TemplateURL =
      style === "path style"
        ? "https://s3.eu-west-1.amazonaws.com/templates/a/t.json"
        : "https://templates.s3.eu-west-1.amazonaws.com/a/t.json";
    await plan("", "CREATE", { TemplateBody: undefined, TemplateURL });
    await execute();
    await stage.settled("app");
    const { Parameter } = await stage.ssm.send(new GetParameterCommand({ Name: "/p" }));
    expect(Parameter!.Value).toBe("from S3");
  });

  it("resolves SSM parameters again and checks the template's rules", async () => {
    const put = (Value: string) =>
      stage.cloud.call("ssm", "PutParameter", { Name: "/v", Type: "String", Value, Overwrite: true }, SCOPE);
    const body = template(
      { P: parameter({ Ref: "Version" }, { Name: "/p" }) },
      {
        Parameters: { Version: { Type: "AWS::SSM::Parameter::Value<String>", Default: "/v" } },
        Rules: {
          Supported: {
            Assertions: [
              {
                Assert: { "Fn::Not": [{ "Fn::Contains": [["1", "2"], { Ref: "Version" }] }] },
                AssertDescription: "too old",
              },
            ],
          },
        },
      },
    );
    await put("2");
    await expect(plan(body, "CREATE")).rejects.toThrow("too old");
    await put("6");
    const stack = await deploy(body, "CREATE");
    expect(stack.Parameters).toEqual([{ ParameterKey: "Version", ParameterValue: "/v", ResolvedValue: "6" }]);
    await put("7");
    await plan(body, "UPDATE");
    expect((await look()).Changes).toHaveLength(1);
  });
});
