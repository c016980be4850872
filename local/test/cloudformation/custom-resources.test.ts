import { CreateStackCommand, DeleteStackCommand, UpdateStackCommand } from "@aws-sdk/client-cloudformation";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStage, parameter, type Stage, template } from "./stage.ts";

const TOKEN = "arn:aws:lambda:us-east-1:123456789012:function:provider";
let stage: Stage;
/** Records the events of the function. Its responses are sent over HTTP. */
let events: any[];
let answer: (event: any) => object;

beforeEach(async () => {
  events = [];
  answer = () => ({ Status: "SUCCESS", PhysicalResourceId: "physical", Data: { Arn: "an-arn" } });
  stage = await openStage({}, () => ({
    lambda: {
      actions: {
        Invoke: ({ Payload }: { Payload: Uint8Array }) => {
          const event = JSON.parse(new TextDecoder().decode(Payload));
          events.push(event);
          void fetch(new URL(new URL(event.ResponseURL).pathname, stage.url), {
            method: "PUT",
            body: JSON.stringify(answer(event)),
          });
          return { StatusCode: 202 };
        },
      },
    },
  }));
});
afterEach(() => stage.close());

const body = (value: unknown) =>
  template({
    Reader: {
      Type: "Custom::Reader",
      Properties: { ServiceToken: TOKEN, Count: value, Deep: { Flag: true } },
    },
    P: parameter({ "Fn::GetAtt": ["Reader", "Arn"] }, { Name: "/arn" }),
  });
const create = (text: string) =>
  stage.cloudformation.send(new CreateStackCommand({ StackName: "app", TemplateBody: text }));

describe("a custom resource", () => {
  it("is created by its function, and the response's data become its attributes", async () => {
    const { StackId } = await create(body(1));
    expect((await stage.settled("app")).StackStatus).toBe("CREATE_COMPLETE");
    expect(events).toMatchObject([
      {
        RequestType: "Create",
        StackId,
        ResourceType: "Custom::Reader",
        LogicalResourceId: "Reader",
        ResourceProperties: { ServiceToken: TOKEN, Count: "1", Deep: { Flag: "true" } },
      },
    ]);
    expect(new URL(events[0].ResponseURL).hostname).toBe(
      "cloudformation-custom-resource-response-eu-west-1.s3.amazonaws.com",
    );
    expect(stage.calls.find(({ name }) => name === "lambda:Invoke")!.input).toMatchObject({
      FunctionName: TOKEN,
      InvocationType: "Event",
    });
    expect(stage.calls.find(({ name }) => name === "ssm:PutParameter")!.input.Value).toBe("an-arn");
  });

  it("deletes the old id when an update returns another one", async () => {
    await create(body(1));
    await stage.settled("app");
    answer = ({ RequestType }) => ({
      Status: "SUCCESS",
      PhysicalResourceId: RequestType === "Update" ? "second" : "any",
      Data: { Arn: "an-arn" },
    });
    await stage.cloudformation.send(new UpdateStackCommand({ StackName: "app", TemplateBody: body(2) }));
    expect((await stage.settled("app")).StackStatus).toBe("UPDATE_COMPLETE");
    expect(events.slice(1)).toMatchObject([
      {
        RequestType: "Update",
        PhysicalResourceId: "physical",
        OldResourceProperties: { Count: "1" },
        ResourceProperties: { Count: "2" },
      },
      { RequestType: "Delete", PhysicalResourceId: "physical" },
    ]);
  });

  it("fails its stack with the function's reason", async () => {
    answer = ({ RequestType }) =>
      RequestType === "Create"
        ? { Status: "FAILED", Reason: "no such parameter", PhysicalResourceId: "x" }
        : { Status: "SUCCESS", PhysicalResourceId: "x" };
    await create(body(1));
    expect((await stage.settled("app")).StackStatus).toBe("ROLLBACK_COMPLETE");
    const failed = (await stage.events("app")).find((event) => event.startsWith("Reader CREATE_FAILED"));
    expect(failed).toContain("no such parameter");
  });

  it("reports an attribute that the response lacks", async () => {
    answer = () => ({ Status: "SUCCESS", PhysicalResourceId: "x", Data: { Other: "1" } });
    await create(body(1));
    await stage.settled("app");
    const failed = (await stage.events("app")).find((event) => event.startsWith("P CREATE_FAILED"));
    expect(failed).toContain(
      "resource Reader (Custom::Reader) has no attribute Arn in Fn::GetAtt; it has Other",
    );
  });

  it("refuses a response with an unknown token", async () => {
    const response = await fetch(`${stage.url}/_cloudformation/response/unknown`, {
      method: "PUT",
      body: "{}",
    });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain("unknown");
  });

  it("times out and reports what it waited for", async () => {
    stage.replace("lambda", "Invoke", () => ({ StatusCode: 202 }));
    const text = template({
      Reader: { Type: "Custom::Reader", Properties: { ServiceToken: TOKEN, ServiceTimeout: "0" } },
    });
    await create(text);
    await stage.settled("app");
    const failed = (await stage.events("app")).find((event) => event.startsWith("Reader CREATE_FAILED"));
    expect(failed).toContain(
      `Timed out after 0 s waiting for a response of ${TOKEN} to the Create of Reader.`,
    );
    await stage.cloudformation.send(new DeleteStackCommand({ StackName: "app" }));
  });
});
