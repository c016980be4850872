import type {
  CreateStackInput,
  DeleteStackInput,
  UpdateStackInput,
  UpdateTerminationProtectionInput,
} from "@aws-sdk/client-cloudformation";
import { AwsError, notImplemented } from "../../../aws-error.ts";
import type { Action, Scope } from "../../../cloud.ts";
import { deleteStack } from "../deployment/deletion.ts";
import { deploy } from "../deployment/deployment.ts";
import { planDeployment } from "../deployment/plan.ts";
import type { OnFailure } from "../deployment/rollback.ts";
import type { Engine } from "../stack/engine.ts";
import { checkExportsUnused } from "../stack/exports.ts";
import type { StackRecord } from "../stack/model.ts";
import { answerOnce, checkUpdatable, startOperation } from "../stack/operations.ts";
import { stackArn } from "../stack/store.ts";
import { readTarget } from "./target.ts";

/** CreateStack, UpdateStack, DeleteStack and termination protection. */
export function stackActions(engine: Engine): Record<string, Action> {
  return {
    CreateStack: (input: CreateStackInput, scope) => createStack(engine, input, scope),
    UpdateStack: (input: UpdateStackInput, scope) => updateStack(engine, input, scope),
    DeleteStack: (input: DeleteStackInput, scope) => requestDeletion(engine, input, scope),
    UpdateTerminationProtection: (input: UpdateTerminationProtectionInput, scope) => {
      const stack = engine.store.get(input.StackName, scope);
      stack.terminationProtection = input.EnableTerminationProtection!;
      return { StackId: stack.id };
    },
  };
}

/** Creates the record of a stack that has only a name. Throws for a name that AWS refuses. */
export function newStack(engine: Engine, name: string | undefined, scope: Scope): StackRecord {
  if (name === undefined || !/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/.test(name))
    throw new AwsError(
      "ValidationError",
      `1 validation error detected: Value '${name}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
    );
  return {
    id: stackArn(name, scope.region, engine.uuid()),
    name,
    region: scope.region,
    status: "REVIEW_IN_PROGRESS",
    createdAt: engine.now(),
    outputs: [],
    resources: new Map(),
    leftovers: [],
    imports: new Set(),
    events: [],
    disableRollback: false,
    terminationProtection: false,
    tokens: new Map(),
  };
}

async function createStack(engine: Engine, input: CreateStackInput, scope: Scope) {
  if (input.TimeoutInMinutes !== undefined)
    throw notImplemented("cloudformation:CreateStack TimeoutInMinutes");
  if (input.RetainExceptOnCreate) throw notImplemented("cloudformation:CreateStack RetainExceptOnCreate");
  if (input.DisableRollback !== undefined && input.OnFailure !== undefined)
    throw new AwsError("ValidationError", "Either DisableRollback or OnFailure can be specified, not both.");
  const earlier = createdBefore(engine, input, scope);
  if (earlier !== undefined) return earlier;
  const stack = newStack(engine, input.StackName, scope);
  const target = await readTarget(engine, stack, input, scope);
  planDeployment(engine, stack, target);
  // Another call may have created a stack of this name while this one read templates and parameters.
  const meanwhile = createdBefore(engine, input, scope);
  if (meanwhile !== undefined) return meanwhile;
  const onFailure: OnFailure = input.DisableRollback ? "DO_NOTHING" : (input.OnFailure ?? "ROLLBACK");
  stack.current = target;
  stack.roleArn = input.RoleARN;
  stack.disableRollback = onFailure === "DO_NOTHING";
  stack.terminationProtection = input.EnableTerminationProtection ?? false;
  engine.store.add(stack);
  const { id: OperationId } = startOperation(
    engine,
    stack,
    "CREATE_STACK",
    input.ClientRequestToken,
    (operation) => deploy(engine, stack, operation, target, onFailure),
  );
  const once = answerOnce<object>(stack, "CreateStack", input.ClientRequestToken);
  const output = { StackId: stack.id, OperationId };
  return once.known ? once.output : once.remember(output);
}

function createdBefore(engine: Engine, input: CreateStackInput, scope: Scope): object | undefined {
  const existing = engine.store.find(input.StackName, scope);
  if (existing === undefined) return undefined;
  const token = input.ClientRequestToken;
  if (token !== undefined && existing.tokens.has(token)) {
    const once = answerOnce<object>(existing, "CreateStack", token);
    if (once.known) return once.output;
  }
  throw new AwsError("AlreadyExistsException", `Stack [${input.StackName}] already exists`);
}

async function updateStack(engine: Engine, input: UpdateStackInput, scope: Scope) {
  if (input.RetainExceptOnCreate) throw notImplemented("cloudformation:UpdateStack RetainExceptOnCreate");
  if (input.StackPolicyDuringUpdateBody !== undefined || input.StackPolicyDuringUpdateURL !== undefined)
    throw notImplemented("cloudformation:UpdateStack StackPolicyDuringUpdate");
  const stack = engine.store.get(input.StackName, scope, "brackets");
  const once = answerOnce<object>(stack, "UpdateStack", input.ClientRequestToken);
  if (once.known) return once.output;
  checkUpdatable(stack);
  const target = await readTarget(engine, stack, input, scope);
  checkUpdatable(stack);
  if (planDeployment(engine, stack, target).empty)
    throw new AwsError("ValidationError", "No updates are to be performed.");
  stack.updatedAt = engine.now();
  stack.roleArn = target.roleArn;
  stack.disableRollback = input.DisableRollback ?? false;
  const { id: OperationId } = startOperation(
    engine,
    stack,
    "UPDATE_STACK",
    input.ClientRequestToken,
    (operation) =>
      deploy(engine, stack, operation, target, input.DisableRollback ? "DO_NOTHING" : "ROLLBACK"),
  );
  return once.remember({ StackId: stack.id, OperationId });
}

function requestDeletion(engine: Engine, input: DeleteStackInput, scope: Scope) {
  if (input.DeletionMode === "FORCE_DELETE_STACK")
    throw notImplemented("cloudformation:DeleteStack FORCE_DELETE_STACK");
  const stack = engine.store.find(input.StackName, scope);
  // Deleting a missing stack, or one that is being deleted, succeeds.
  if (stack === undefined || stack.deletedAt !== undefined || stack.status === "DELETE_IN_PROGRESS")
    return {};
  const once = answerOnce<object>(stack, "DeleteStack", input.ClientRequestToken);
  if (once.known) return once.output;
  checkDeletable(engine, stack, input.RetainResources ?? []);
  stack.roleArn = input.RoleARN ?? stack.roleArn;
  stack.operation?.abort.abort();
  stack.status = "DELETE_IN_PROGRESS";
  startOperation(engine, stack, "DELETE_STACK", input.ClientRequestToken, (operation) =>
    deleteStack(engine, stack, operation, input.RetainResources ?? []),
  );
  return once.remember({});
}

function checkDeletable(engine: Engine, stack: StackRecord, retained: string[]): void {
  if (stack.terminationProtection)
    throw new AwsError(
      "ValidationError",
      `Stack [${stack.name}] cannot be deleted while TerminationProtection is enabled`,
    );
  const busy =
    stack.status.endsWith("_IN_PROGRESS") &&
    !["CREATE_IN_PROGRESS", "REVIEW_IN_PROGRESS"].includes(stack.status);
  if (busy)
    throw new AwsError(
      "ValidationError",
      `Stack [${stack.name}] cannot be deleted while in status ${stack.status}`,
    );
  if (retained.length > 0 && stack.status !== "DELETE_FAILED")
    throw new AwsError(
      "ValidationError",
      `Invalid operation on stack [${stack.id}]. When you specify the RetainResources parameter, the stack must be in the DELETE_FAILED state.`,
    );
  checkExportsUnused(engine, stack);
}
