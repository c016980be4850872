import type {
  Change,
  CreateChangeSetInput,
  DeleteChangeSetInput,
  DescribeChangeSetInput,
  ExecuteChangeSetInput,
  ListChangeSetsInput,
} from "@aws-sdk/client-cloudformation";
import { AwsError, notImplemented } from "../../../aws-error.ts";
import type { Action, Scope } from "../../../cloud.ts";
import { deploy } from "../deployment/deployment.ts";
import { planDeployment } from "../deployment/plan.ts";
import type { OnFailure } from "../deployment/rollback.ts";
import { checkPropertyNames } from "../providers/properties.ts";
import type { Engine } from "../stack/engine.ts";
import type { ChangeSetRecord, StackRecord } from "../stack/model.ts";
import { answerOnce, checkUpdatable, startOperation } from "../stack/operations.ts";
import { changeSetArn } from "../stack/store.ts";
import { describeParameters } from "../template/parameters.ts";
import { providerOf } from "../template/template.ts";
import { describeChange } from "./change-shape.ts";
import { page } from "./paging.ts";
import { newStack } from "./stack-actions.ts";
import { readTarget } from "./target.ts";

/** Status reasons in AWS's words. The CDK CLI recognizes the first one by its beginning. */
const NO_CHANGES =
  "The submitted information didn't contain changes. Submit different information to create a change set.";
const EARLY_VALIDATION =
  "The following validation(s) failed: [AWS::EarlyValidation::PropertyValidation]. To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information.";

/** Actions on change sets. */
export function changeSetActions(engine: Engine): Record<string, Action> {
  return {
    CreateChangeSet: (input: CreateChangeSetInput, scope) => createChangeSet(engine, input, scope),
    DescribeChangeSet: (input: DescribeChangeSetInput, scope) => describeChangeSet(engine, input, scope),
    ExecuteChangeSet: (input: ExecuteChangeSetInput, scope) => executeChangeSet(engine, input, scope),
    DeleteChangeSet: (input: DeleteChangeSetInput, scope) => deleteChangeSet(engine, input, scope),
    ListChangeSets: (input: ListChangeSetsInput, scope) => {
      const stack = engine.store.get(input.StackName, scope, "brackets");
      const { items, next } = page(engine.store.changeSets(stack), input.NextToken, engine.pageSize);
      return { Summaries: items.map((changeSet) => summary(changeSet, stack)), NextToken: next };
    },
  };
}

async function createChangeSet(engine: Engine, input: CreateChangeSetInput, scope: Scope) {
  refuseUnknownMembers(input);
  const existing = engine.store.find(input.StackName, scope);
  const type = input.ChangeSetType === "CREATE" ? "CREATE" : "UPDATE";
  const stack = existing !== undefined && !existing.deletedAt ? existing : newFor(engine, input, type, scope);
  checkState(stack, type);
  const same = engine.store.changeSets(stack).find(({ name }) => name === input.ChangeSetName);
  if (same !== undefined)
    throw new AwsError(
      "AlreadyExistsException",
      `ChangeSet ${input.ChangeSetName} cannot be created due to a mismatch with existing attribute Template (a change set with this name exists)`,
    );
  const changeSet = await planChangeSet(engine, stack, input, type, scope);
  if (existing !== stack) engine.store.add(stack);
  engine.store.addChangeSet(changeSet, stack);
  return { Id: changeSet.id, StackId: stack.id };
}

function refuseUnknownMembers(input: CreateChangeSetInput): void {
  if (input.ChangeSetType === "IMPORT" || input.ResourcesToImport?.length)
    throw notImplemented("cloudformation:CreateChangeSet of type IMPORT");
  if (input.DeploymentMode !== undefined)
    throw notImplemented(`cloudformation:CreateChangeSet DeploymentMode ${input.DeploymentMode}`);
  if (input.ImportExistingResources)
    throw notImplemented("cloudformation:CreateChangeSet ImportExistingResources");
  if (!/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/.test(input.ChangeSetName ?? ""))
    throw new AwsError(
      "ValidationError",
      `1 validation error detected: Value '${input.ChangeSetName}' at 'changeSetName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
    );
}

function newFor(engine: Engine, input: CreateChangeSetInput, type: string, scope: Scope): StackRecord {
  if (type === "CREATE") return newStack(engine, input.StackName, scope);
  throw new AwsError("ValidationError", `Stack [${input.StackName}] does not exist`);
}

function checkState(stack: StackRecord, type: string): void {
  const review = stack.status === "REVIEW_IN_PROGRESS";
  if (type === "CREATE" && !review)
    throw new AwsError(
      "ValidationError",
      `Stack [${stack.name}] already exists and cannot be created again with the changeSet [CREATE].`,
    );
  if (type === "UPDATE" && review)
    throw new AwsError(
      "ValidationError",
      `Stack:${stack.id} is in REVIEW_IN_PROGRESS state and can not be updated.`,
    );
  if (type === "UPDATE") checkUpdatable(stack);
}

async function planChangeSet(
  engine: Engine,
  stack: StackRecord,
  input: CreateChangeSetInput,
  type: "CREATE" | "UPDATE",
  scope: Scope,
): Promise<ChangeSetRecord> {
  const target = await readTarget(engine, stack, input, scope);
  const changeSet: ChangeSetRecord = {
    id: changeSetArn(input.ChangeSetName!, scope.region, engine.uuid()),
    name: input.ChangeSetName!,
    stackId: stack.id,
    type,
    description: input.Description,
    createdAt: engine.now(),
    status: "CREATE_COMPLETE",
    executionStatus: "AVAILABLE",
    target,
    changes: [],
    problems: propertyProblems(engine, target.template),
    onStackFailure: input.OnStackFailure,
    includeNestedStacks: input.IncludeNestedStacks ?? false,
    importExistingResources: false,
  };
  const fail = (reason: string) => {
    Object.assign(changeSet, { status: "FAILED", statusReason: reason, executionStatus: "UNAVAILABLE" });
    return changeSet;
  };
  if (changeSet.problems.length > 0) return fail(EARLY_VALIDATION);
  try {
    const plan = planDeployment(engine, stack, target);
    changeSet.changes = plan.changes;
    return plan.empty ? fail(NO_CHANGES) : changeSet;
  } catch (error) {
    if (error instanceof AwsError) return fail(error.message);
    throw error;
  }
}

/** Finds unknown properties before anything is created, each with its path. */
function propertyProblems(
  engine: Engine,
  template: { Resources: Record<string, { Type: string; Properties?: Record<string, unknown> }> },
): ChangeSetRecord["problems"] {
  return Object.entries(template.Resources).flatMap(([logicalId, { Type: type, Properties }]) => {
    const provider = providerOf(type, engine.providers)!;
    return checkPropertyNames(Properties, provider.properties, provider.required ?? []).map(
      ({ path, message }) => ({
        logicalId,
        type,
        path: `/Resources/${logicalId}/Properties${path === "/" ? "" : path}`,
        message,
      }),
    );
  });
}

function describeChangeSet(engine: Engine, input: DescribeChangeSetInput, scope: Scope) {
  const { changeSet, stack } = engine.store.getChangeSet(input.ChangeSetName, input.StackName, scope);
  const changes: Change[] = changeSet.changes.map((change) =>
    describeChange(change, input.IncludePropertyValues ?? false),
  );
  const { items, next } = page(changes, input.NextToken, engine.pageSize);
  return {
    ...summary(changeSet, stack),
    Parameters: describeParameters(changeSet.target?.parameters ?? new Map()),
    Capabilities: changeSet.target?.capabilities ?? [],
    NotificationARNs: changeSet.target?.notificationArns ?? [],
    RollbackConfiguration: {},
    Tags: changeSet.target?.tags ?? [],
    OnStackFailure: changeSet.onStackFailure,
    Changes: items,
    NextToken: next,
  };
}

function summary(changeSet: ChangeSetRecord, stack: StackRecord) {
  return {
    ChangeSetName: changeSet.name,
    ChangeSetId: changeSet.id,
    StackId: stack.id,
    StackName: stack.name,
    Description: changeSet.description,
    CreationTime: changeSet.createdAt,
    ExecutionStatus: changeSet.executionStatus,
    Status: changeSet.status,
    StatusReason: changeSet.statusReason,
    IncludeNestedStacks: changeSet.includeNestedStacks,
    ImportExistingResources: changeSet.importExistingResources,
  };
}

function executeChangeSet(engine: Engine, input: ExecuteChangeSetInput, scope: Scope) {
  if (input.RetainExceptOnCreate)
    throw notImplemented("cloudformation:ExecuteChangeSet RetainExceptOnCreate");
  const { changeSet, stack } = engine.store.getChangeSet(input.ChangeSetName, input.StackName, scope);
  const once = answerOnce<object>(stack, "ExecuteChangeSet", input.ClientRequestToken);
  if (once.known) return once.output;
  checkExecutable(changeSet, stack);
  const target = changeSet.target!;
  const creating = changeSet.type === "CREATE";
  if (creating) stack.current = target;
  else stack.updatedAt = engine.now();
  changeSet.executionStatus = "EXECUTE_IN_PROGRESS";
  stack.changeSetId = changeSet.id;
  stack.roleArn = target.roleArn;
  const onFailure = (
    input.DisableRollback ? "DO_NOTHING" : (changeSet.onStackFailure ?? "ROLLBACK")
  ) as OnFailure;
  stack.disableRollback = onFailure === "DO_NOTHING";
  // Executing a change set invalidates all others, which were computed against the old stack.
  for (const other of engine.store.changeSets(stack)) engine.store.removeChangeSet(other, stack);
  const type = creating ? "CREATE_STACK" : "UPDATE_STACK";
  startOperation(engine, stack, type, input.ClientRequestToken, (operation) =>
    deploy(engine, stack, operation, target, onFailure),
  );
  return once.remember({});
}

function checkExecutable(changeSet: ChangeSetRecord, stack: StackRecord): void {
  if (changeSet.executionStatus !== "AVAILABLE")
    throw new AwsError(
      "InvalidChangeSetStatus",
      `ChangeSet [${changeSet.id}] cannot be executed in its current status of [${changeSet.status}]`,
    );
  if (changeSet.type === "UPDATE") checkUpdatable(stack);
}

function deleteChangeSet(engine: Engine, input: DeleteChangeSetInput, scope: Scope) {
  const stack = engine.store.find(input.StackName, scope);
  if (input.StackName !== undefined && stack === undefined)
    engine.store.get(input.StackName, scope, "brackets");
  const named =
    stack && engine.store.changeSets(stack).find(({ name, id }) => [name, id].includes(input.ChangeSetName!));
  if (named !== undefined) engine.store.removeChangeSet(named, stack!);
  // Deleting a missing change set succeeds. Without a stack name, the change set must be given by its ARN.
  else if (input.StackName === undefined) {
    const { changeSet, stack: owner } = engine.store.getChangeSet(input.ChangeSetName, undefined, scope);
    engine.store.removeChangeSet(changeSet, owner);
  }
  return {};
}
