import type { Engine } from "./engine.ts";
import { setStackStatus } from "./events.ts";
import { runInOrder } from "./graph.ts";
import type { Operation, ResourceRecord, StackRecord } from "./model.ts";
import { deleteResource } from "./resource-work.ts";

/** Deletes a stack's resources, last made first. Never rejects: the outcome is the stack's status. */
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

/** Deletes resources after all that need them; a failure keeps what the failed one needs. Gives the ids that failed. */
export async function deleteAll(
  engine: Engine,
  stack: StackRecord,
  operation: Operation,
  resources: ResourceRecord[],
  policy: (resource: ResourceRecord) => "retain" | "delete",
): Promise<string[]> {
  const failed = new Set<string>();
  // Two records may share a logical id: the new and the old half of a replacement. So positions are the nodes.
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
