import type { Engine } from "../stack/engine.ts";
import { setStackStatus } from "../stack/events.ts";
import type { Operation, ResourceRecord, StackRecord } from "../stack/model.ts";
import { deleteAll, failedToDelete, finishDeletion } from "./deletion.ts";
import { updateResource } from "./resource-work.ts";

/** What happens to a stack when its deployment fails. */
export type OnFailure = "ROLLBACK" | "DELETE" | "DO_NOTHING";

/** One step of a deployment with the data to undo it. */
export type Undo =
  | { kind: "created"; resource: ResourceRecord }
  | { kind: "updated" | "replaced"; resource: ResourceRecord; before: ResourceRecord };

/** Rolls back a failed creation: deletes all resources. The stack remains and shows the reason. */
export async function rollBackCreation(
  engine: Engine,
  stack: StackRecord,
  operation: Operation,
  onFailure: OnFailure,
  failure: string,
): Promise<void> {
  const deleting = onFailure === "DELETE";
  const reason = `${failure} ${deleting ? "Delete" : "Rollback"} requested by user.`;
  setStackStatus(engine, stack, operation, deleting ? "DELETE_IN_PROGRESS" : "ROLLBACK_IN_PROGRESS", reason);
  const failed = await deleteAll(engine, stack, operation, [...stack.resources.values()], (resource) =>
    resource.deletionPolicy === "Retain" ? "retain" : "delete",
  );
  if (operation.abort.signal.aborted) return;
  stack.outputs = [];
  if (deleting) finishDeletion(engine, stack, operation, failed);
  else if (failed.length > 0)
    setStackStatus(engine, stack, operation, "ROLLBACK_FAILED", failedToDelete(failed));
  else setStackStatus(engine, stack, operation, "ROLLBACK_COMPLETE");
}

/** Rolls back a failed update: reverts changes, then deletes new resources. */
export async function rollBackUpdate(
  engine: Engine,
  stack: StackRecord,
  operation: Operation,
  journal: Undo[],
  failure: string,
): Promise<void> {
  setStackStatus(engine, stack, operation, "UPDATE_ROLLBACK_IN_PROGRESS", failure);
  const made: ResourceRecord[] = [];
  for (const step of journal.toReversed()) {
    try {
      await undo(engine, stack, operation, step, made);
    } catch {
      // The resource's event has the reason. From this status only a deletion is possible.
      const reason = `The following resource(s) failed to update: [${step.resource.logicalId}].`;
      setStackStatus(engine, stack, operation, "UPDATE_ROLLBACK_FAILED", reason);
      return;
    }
    if (operation.abort.signal.aborted) return;
  }
  setStackStatus(engine, stack, operation, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS");
  await cleanUp(engine, stack, operation, made);
  if (!operation.abort.signal.aborted) setStackStatus(engine, stack, operation, "UPDATE_ROLLBACK_COMPLETE");
}

/**
 * Deletes the resources that an update made obsolete. A failure adds an event but does not fail the stack, as on AWS.
 */
export async function cleanUp(
  engine: Engine,
  stack: StackRecord,
  operation: Operation,
  removed: ResourceRecord[],
): Promise<void> {
  const leftovers = new Set(stack.leftovers);
  stack.leftovers = [];
  const all = [...new Set([...leftovers, ...removed])];
  await deleteAll(engine, stack, operation, all, (resource) => {
    const policy = leftovers.has(resource) ? resource.updateReplacePolicy : resource.deletionPolicy;
    return policy === "Retain" || policy === "RetainExceptOnCreate" ? "retain" : "delete";
  });
  for (const resource of removed)
    if (stack.resources.get(resource.logicalId) === resource) stack.resources.delete(resource.logicalId);
}

async function undo(
  engine: Engine,
  stack: StackRecord,
  operation: Operation,
  step: Undo,
  made: ResourceRecord[],
): Promise<void> {
  const { resource } = step;
  if (step.kind === "created") {
    // New resources of a failed update are deleted despite a Retain policy; otherwise their names would block the next
    // try.
    made.push({ ...resource, deletionPolicy: "Delete" });
    stack.resources.delete(resource.logicalId);
    return;
  }
  const { before } = step;
  stack.leftovers = stack.leftovers.filter((each) => each !== before);
  stack.resources.set(resource.logicalId, before);
  if (step.kind === "replaced" || resource.physicalId !== before.physicalId) {
    made.push({ ...resource, deletionPolicy: "Delete" });
    return;
  }
  const signal = operation.abort.signal;
  const back = { ...before };
  stack.resources.set(resource.logicalId, back);
  await updateResource({ engine, stack, operation, signal }, back, resource);
}
