import { type Evaluation, evaluationOf } from "../evaluation/evaluation.ts";
import type { Engine } from "../stack/engine.ts";
import { setResourceStatus, setStackStatus } from "../stack/events.ts";
import { checkExportsFree, importedValue } from "../stack/exports.ts";
import type { Operation, ResourceRecord, StackRecord, Target } from "../stack/model.ts";
import { providerOf } from "../template/template.ts";
import { runInOrder } from "./graph.ts";
import { mustReplace } from "./replacement.ts";
import { createResource, failureReason, updateResource, type Work } from "./resource-work.ts";
import { cleanUp, type OnFailure, rollBackCreation, rollBackUpdate, type Undo } from "./rollback.ts";
import { changedNames, sameValue } from "./same-value.ts";

/**
 * Deploys a target to a stack: creates, updates and replaces resources in parallel, then deletes removed ones. On a
 * failure it rolls back. Never rejects: the stack's status is the outcome.
 */
export async function deploy(
  engine: Engine,
  stack: StackRecord,
  operation: Operation,
  target: Target,
  onFailure: OnFailure,
): Promise<void> {
  const creating = operation.type === "CREATE_STACK";
  setStackStatus(
    engine,
    stack,
    operation,
    creating ? "CREATE_IN_PROGRESS" : "UPDATE_IN_PROGRESS",
    "User Initiated",
  );
  const deployment = newDeployment(engine, stack, operation, target);
  const failure = await apply(deployment);
  if (operation.abort.signal.aborted) return;
  if (creating || onFailure === "DO_NOTHING") stack.current = target;
  if (failure === undefined) await succeed(deployment, creating);
  else if (onFailure === "DO_NOTHING")
    setStackStatus(engine, stack, operation, creating ? "CREATE_FAILED" : "UPDATE_FAILED", failure);
  else if (creating) await rollBackCreation(engine, stack, operation, onFailure, failure);
  else await rollBackUpdate(engine, stack, operation, deployment.journal, failure);
}

interface Deployment {
  engine: Engine;
  stack: StackRecord;
  operation: Operation;
  target: Target;
  evaluation: Evaluation;
  imports: Set<string>;
  /** The completed steps, in order, for the rollback. */
  journal: Undo[];
  work: Work;
  /** Aborted on the first failure, which cancels all other waits. */
  phase: AbortController;
}

function newDeployment(engine: Engine, stack: StackRecord, operation: Operation, target: Target): Deployment {
  const phase = new AbortController();
  const imports = new Set<string>();
  const imported = (name: string) => {
    imports.add(name);
    return importedValue(engine, stack, name);
  };
  const evaluation = evaluationOf(
    stack,
    target,
    (id) => usable(stack.resources.get(id)),
    imported,
    engine.providers,
  );
  const signal = AbortSignal.any([operation.abort.signal, phase.signal]);
  const work = { engine, stack, operation, signal };
  return { engine, stack, operation, target, evaluation, imports, journal: [], work, phase };
}

/** Returns the failure as the stack's status reason, or `undefined`. */
async function apply(deployment: Deployment): Promise<string | undefined> {
  const { evaluation, operation, phase, stack } = deployment;
  const failed: string[] = [];
  await runInOrder(evaluation.resources.keys(), {
    waitsFor: evaluation.dependencies,
    work: (id) => applyResource(deployment, id),
    onFailure: (id) => {
      failed.push(id);
      phase.abort();
    },
    failureStops: "all",
  });
  if (failed.length > 0) {
    const verb = operation.type === "CREATE_STACK" ? "create" : "update";
    return `The following resource(s) failed to ${verb}: [${failed.join(", ")}].`;
  }
  try {
    const outputs = evaluation.outputs();
    checkExportsFree(deployment.engine, stack, outputs);
    stack.outputs = outputs;
    return undefined;
  } catch (error) {
    return failureReason(error, "cancelled");
  }
}

async function applyResource(deployment: Deployment, id: string): Promise<void> {
  const { stack, work, journal } = deployment;
  const before = stack.resources.get(id);
  const resource = newRecord(deployment, id);
  const known = usable(before);
  if (before === undefined || known === undefined) {
    if (before !== undefined && before.physicalId !== "") stack.leftovers.push(before);
    stack.resources.set(id, resource);
    journal.push({ kind: "created", resource });
    evaluateInto(deployment, resource);
    return createResource(work, resource);
  }
  evaluateInto(deployment, resource);
  const changed = changedNames(known.properties, resource.properties);
  if (changed.size === 0 && !attributesOfDefinitionChanged(known, resource)) {
    known.dependsOn = resource.dependsOn;
    return;
  }
  stack.resources.set(id, resource);
  if (mustReplace(providerOf(resource.type, deployment.engine.providers)!, changed)) {
    journal.push({ kind: "replaced", resource, before: known });
    await createResource(work, resource, true);
    stack.leftovers.push(known);
    return;
  }
  resource.physicalId = known.physicalId;
  resource.attributes = { ...known.attributes };
  journal.push({ kind: "updated", resource, before: known });
  await updateResource(work, resource, known);
  // A custom resource may return another physical id on update, which makes it a replacement.
  if (resource.physicalId !== known.physicalId) stack.leftovers.push(known);
}

function newRecord({ engine, evaluation }: Deployment, id: string): ResourceRecord {
  const definition = evaluation.resources.get(id)!;
  return {
    logicalId: id,
    type: definition.Type,
    physicalId: "",
    attributes: {},
    properties: {},
    status: "CREATE_IN_PROGRESS",
    updatedAt: engine.now(),
    deletionPolicy: definition.DeletionPolicy ?? "Delete",
    updateReplacePolicy: definition.UpdateReplacePolicy ?? "Delete",
    metadata: definition.Metadata,
    dependsOn: evaluation.dependencies(id),
  };
}

/** Evaluates a resource's properties. A failure becomes an event of the resource. */
function evaluateInto(deployment: Deployment, resource: ResourceRecord): void {
  try {
    resource.properties = deployment.evaluation.properties(resource.logicalId);
  } catch (error) {
    reportEvaluationFailure(deployment, resource, error);
    throw error;
  }
}

function reportEvaluationFailure(deployment: Deployment, resource: ResourceRecord, error: unknown): void {
  const { engine, stack, operation } = deployment;
  const existing = stack.resources.get(resource.logicalId)!;
  const status = existing === resource ? "CREATE_FAILED" : "UPDATE_FAILED";
  setResourceStatus(engine, stack, operation, existing, status, failureReason(error, "cancelled"));
}

function attributesOfDefinitionChanged(before: ResourceRecord, after: ResourceRecord): boolean {
  return (
    !sameValue(before.metadata, after.metadata) ||
    before.deletionPolicy !== after.deletionPolicy ||
    before.updateReplacePolicy !== after.updateReplacePolicy
  );
}

/** Returns the resource if it can be updated. A resource whose creation failed cannot. */
function usable(resource: ResourceRecord | undefined): ResourceRecord | undefined {
  return resource === undefined || resource.physicalId === "" || resource.status === "CREATE_FAILED"
    ? undefined
    : resource;
}

async function succeed(deployment: Deployment, creating: boolean): Promise<void> {
  const { engine, stack, operation, target, imports, evaluation } = deployment;
  stack.current = target;
  stack.imports = imports;
  if (creating) {
    setStackStatus(engine, stack, operation, "CREATE_COMPLETE");
    return;
  }
  setStackStatus(engine, stack, operation, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
  const removed = [...stack.resources.values()].filter(
    ({ logicalId }) => !evaluation.resources.has(logicalId),
  );
  await cleanUp(engine, stack, operation, removed);
  if (!operation.abort.signal.aborted) setStackStatus(engine, stack, operation, "UPDATE_COMPLETE");
}
