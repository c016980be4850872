import type { Engine } from "../stack/engine.ts";
import { setStackStatus } from "../stack/events.ts";
import type { Operation, ResourceRecord, StackRecord } from "../stack/model.ts";
import { runInOrder } from "./graph.ts";
import { deleteResource } from "./resource-work.ts";

/**
 * Deletes a stack's resources, in reverse order of their dependencies. Never rejects: the stack's status is the
 * outcome.
 */
export async function deleteStack(
  engine: Engine,
  stack: StackRecord,
  operation: Operation,
  retained: readonly string[],
): Promise<void> {
  setStackStatus(engine, stack, operation, "DELETE_IN_PROGRESS", "User Initiated");
  const resources = [...stack.resources.values(), ...stack.leftovers].filter(
    ({ status }) => status !== "DELETE_COMPLETE" && status !== "DELETE_SKIPPED",
  );
  const failed = await deleteAll(engine, stack, operation, resources, ({ logicalId, deletionPolicy }) =>
    retained.includes(logicalId) || deletionPolicy === "Retain" || deletionPolicy === "RetainExceptOnCreate"
      ? "retain"
      : "delete",
  );
  if (!operation.abort.signal.aborted) finishDeletion(engine, stack, operation, failed);
}

export function finishDeletion(
  engine: Engine,
  stack: StackRecord,
  operation: Operation,
  failed: string[],
): void {
  if (failed.length > 0) {
    setStackStatus(engine, stack, operation, "DELETE_FAILED", failedToDelete(failed));
    return;
  }
  stack.deletedAt = engine.now();
  stack.leftovers = [];
  for (const changeSet of engine.store.changeSets(stack)) engine.store.removeChangeSet(changeSet, stack);
  setStackStatus(engine, stack, operation, "DELETE_COMPLETE");
}

export function failedToDelete(failed: readonly string[]): string {
  return `The following resource(s) failed to delete: [${failed.join(", ")}].`;
}

/**
 * Deletes each resource after its dependents. When the deletion of a resource fails, the resources that it depends on
 * are kept. Returns the logical ids of the failed deletions.
 */
export async function deleteAll(
  engine: Engine,
  stack: StackRecord,
  operation: Operation,
  resources: ResourceRecord[],
  policy: (resource: ResourceRecord) => "retain" | "delete",
): Promise<string[]> {
  const failed = new Set<string>();
  // The old and the new resource of a replacement share a logical id, so the nodes are positions.
  const nodes = resources.map((_, index) => String(index));
  const at = (node: string) => resources[Number(node)]!;
  const work = { engine, stack, operation, signal: operation.abort.signal };
  await runInOrder(nodes, {
    waitsFor: (node) => nodes.filter((other) => at(other).dependsOn.includes(at(node).logicalId)),
    work: (node) => deleteResource(work, at(node), policy(at(node)) === "retain"),
    onFailure: (node) => failed.add(at(node).logicalId),
    failureStops: "dependents",
  });
  return [...failed];
}
