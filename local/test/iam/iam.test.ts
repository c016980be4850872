import { tmpdir } from "node:os";
import { beforeEach, describe, expect, it } from "vitest";
import { Cloud } from "../../src/cloud.ts";
import { createIam } from "../../src/services/iam/iam.ts";

const DOCUMENT = JSON.stringify({ Version: "2012-10-17", Statement: [] });

let call: (action: string, input: object) => Promise<any>;

beforeEach(() => {
  const cloud = new Cloud({ stateDir: tmpdir() });
  cloud.register("iam", createIam(cloud));
  call = (action, input) => cloud.call("iam", action, input, { region: "eu-west-1" });
});

describe("IAM", () => {
  it("creates a role once, and returns its document percent-encoded as AWS does", async () => {
    const input = { RoleName: "task", AssumeRolePolicyDocument: DOCUMENT, Path: "/app/" };
    const { Role } = await call("CreateRole", input);
    expect(Role.Arn).toBe("arn:aws:iam::123456789012:role/app/task");
    expect(decodeURIComponent(Role.AssumeRolePolicyDocument)).toBe(DOCUMENT);
    await expect(call("CreateRole", input)).rejects.toMatchObject({
      code: "EntityAlreadyExists",
      statusCode: 409,
    });
    const malformed = call("CreateRole", { RoleName: "x", AssumeRolePolicyDocument: "{" });
    await expect(malformed).rejects.toMatchObject({ code: "MalformedPolicyDocument" });
  });

  it("keeps a role with policies, and a policy attached to a role", async () => {
    await call("CreateRole", { RoleName: "task", AssumeRolePolicyDocument: DOCUMENT });
    const { Arn: PolicyArn } = (await call("CreatePolicy", { PolicyName: "own", PolicyDocument: DOCUMENT }))
      .Policy;
    const missing = call("AttachRolePolicy", { RoleName: "task", PolicyArn: `${PolicyArn}x` });
    await expect(missing).rejects.toMatchObject({ code: "NoSuchEntity" });
    await call("AttachRolePolicy", { RoleName: "task", PolicyArn });
    await call("AttachRolePolicy", { RoleName: "task", PolicyArn: "arn:aws:iam::aws:policy/ReadOnlyAccess" });
    await call("PutRolePolicy", { RoleName: "task", PolicyName: "inline", PolicyDocument: DOCUMENT });
    await expect(call("DeleteRole", { RoleName: "task" })).rejects.toMatchObject({ code: "DeleteConflict" });
    await expect(call("DeletePolicy", { PolicyArn })).rejects.toMatchObject({ code: "DeleteConflict" });
    for (const { PolicyArn: attached } of (await call("ListAttachedRolePolicies", { RoleName: "task" }))
      .AttachedPolicies)
      await call("DetachRolePolicy", { RoleName: "task", PolicyArn: attached });
    await call("DeleteRolePolicy", { RoleName: "task", PolicyName: "inline" });
    await call("DeleteRole", { RoleName: "task" });
    await call("DeletePolicy", { PolicyArn });
    await expect(call("GetRole", { RoleName: "task" })).rejects.toMatchObject({
      code: "NoSuchEntity",
      statusCode: 404,
    });
  });
});
