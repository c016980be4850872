import type { Engine } from "./engine.ts";
import { type Evaluation, evaluationOf } from "./evaluation.ts";
import { setResourceStatus, setStackStatus } from "./events.ts";
import { checkExportsFree, importedValue } from "./exports.ts";
import { runInOrder } from "./graph.ts";
import type { Operation, ResourceRecord, StackRecord, Target } from "./model.ts";
import { mustReplace } from "./replacement.ts";
import { createResource, failureReason, updateResource, type Work } from "./resource-work.ts";
import { cleanUp, rollBackCreation, rollBackUpdate, type Undo } from "./rollback.ts";
import { changedNames, sameValue } from "./same-value.ts";
import { providerOf } from "./template.ts";

export type OnFailure = "ROLLBACK" | "DELETE" | "DO_NOTHING";

/**
 * Brings a stack to its target: creates, changes and replaces what differs, everything independent at the same time,
 * then deletes what is no longer wanted; on a failure goes back. Never rejects: the outcome is the stack's status.
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
  /** What was done, in order, so that it can be undone. */
  journal: Undo[];
  work: Work;
  /** Aborted by the first failure, to end the waiting of everything else that is on its way. */
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

/** The failure in the words of the stack's status, or undefined. */
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
  // A custom resource may answer an update with another physical id: that was a replacement.
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

/** A property that cannot be evaluated is the failure of its resource, and is told as such. */
function evaluateInto(deployment: Deployment, resource: ResourceRecord): void {
  try {
    resource.properties = deployment.evaluation.properties(resource.logicalId);
  } catch (error) {
    tellEvaluationFailure(deployment, resource, error);
    throw error;
  }
}

function tellEvaluationFailure(deployment: Deployment, resource: ResourceRecord, error: unknown): void {
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

/** A resource that failed to be created cannot be built upon. */
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
