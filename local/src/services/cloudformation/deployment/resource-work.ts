import { AwsError } from "../../../aws-error.ts";
import { coerceProperties } from "../providers/properties.ts";
import type { Existing, Properties, ProviderContext, ResourceProvider } from "../providers/provider.ts";
import type { Engine } from "../stack/engine.ts";
import { setResourceStatus } from "../stack/events.ts";
import type { Operation, ResourceRecord, StackRecord } from "../stack/model.ts";
import { providerOf } from "../template/template.ts";
import { resolveDynamicReferences } from "./dynamic-references.ts";
import { Cancelled, providerContext } from "./provider-context.ts";
import { changedNames } from "./same-value.ts";

/** The operation that works on a resource. */
export interface Work {
  engine: Engine;
  stack: StackRecord;
  operation: Operation;
  /** Cancels waiting. */
  signal: AbortSignal;
}

/** Error codes for a missing resource: its deletion counts as done. */
const GONE = /NotFound|NoSuch|DoesNotExist|NonExistent/;
const INITIATED = "Resource creation Initiated";

/**
 * Creates the resource that a record describes. With `replaces`, it adds the events of an update that requires a new
 * physical resource.
 */
export async function createResource(work: Work, resource: ResourceRecord, replaces = false): Promise<void> {
  const { engine, stack, operation } = work;
  const verb = replaces ? "UPDATE" : "CREATE";
  const report = (status: "IN_PROGRESS" | "COMPLETE" | "FAILED", reason?: string) =>
    setResourceStatus(engine, stack, operation, resource, `${verb}_${status}`, reason);
  report(
    "IN_PROGRESS",
    replaces
      ? "Requested update requires the creation of a new physical resource; hence creating one."
      : undefined,
  );
  try {
    const provider = providerFor(work, resource);
    const initiated: ProviderContext["initiated"] = (physicalId, attributes = {}) => {
      if (resource.physicalId === "") {
        resource.physicalId = physicalId;
        report("IN_PROGRESS", INITIATED);
      }
      Object.assign(resource.attributes, attributes);
    };
    const context = contextFor(work, resource, initiated);
    const provided = await provider.create(await readyProperties(work, resource, provider), context);
    initiated(provided.physicalId, provided.attributes);
    resource.physicalId = provided.physicalId;
    report("COMPLETE");
  } catch (error) {
    report("FAILED", failureReason(error, "Resource creation cancelled"));
    throw error;
  }
}

/** Updates a resource in place. The record has the new properties, `before` the old ones. */
export async function updateResource(
  work: Work,
  resource: ResourceRecord,
  before: ResourceRecord,
): Promise<void> {
  const { engine, stack, operation } = work;
  setResourceStatus(engine, stack, operation, resource, "UPDATE_IN_PROGRESS");
  try {
    const provider = providerFor(work, resource);
    const changed = changedNames(before.properties, resource.properties);
    if (changed.size > 0) {
      const properties = await readyProperties(work, resource, provider);
      const provided = await provider.update!(
        existingOf(before, provider),
        properties,
        changed,
        contextFor(work, resource),
      );
      resource.physicalId = provided?.physicalId ?? resource.physicalId;
      resource.attributes = { ...resource.attributes, ...provided?.attributes };
    }
    setResourceStatus(engine, stack, operation, resource, "UPDATE_COMPLETE");
  } catch (error) {
    setResourceStatus(
      engine,
      stack,
      operation,
      resource,
      "UPDATE_FAILED",
      failureReason(error, "Resource update cancelled"),
    );
    throw error;
  }
}

/** Deletes a resource. A resource that was never created or no longer exists counts as deleted. */
export async function deleteResource(work: Work, resource: ResourceRecord, retain: boolean): Promise<void> {
  const { engine, stack, operation } = work;
  if (retain && resource.physicalId !== "") {
    setResourceStatus(engine, stack, operation, resource, "DELETE_SKIPPED");
    return;
  }
  setResourceStatus(engine, stack, operation, resource, "DELETE_IN_PROGRESS");
  try {
    if (resource.physicalId !== "") {
      const provider = providerFor(work, resource);
      await provider.delete(existingOf(resource, provider), contextFor(work, resource)).catch(ignoreGone);
    }
    setResourceStatus(engine, stack, operation, resource, "DELETE_COMPLETE");
  } catch (error) {
    setResourceStatus(
      engine,
      stack,
      operation,
      resource,
      "DELETE_FAILED",
      failureReason(error, "Resource deletion cancelled"),
    );
    throw error;
  }
}

/** Returns the reason of a failure for the resource's event. */
export function failureReason(error: unknown, cancelled: string): string {
  if (error instanceof Cancelled) return cancelled;
  if (error instanceof AwsError && error.code === "ValidationError") return error.message;
  if (error instanceof AwsError)
    return `Resource handler returned message: "${error.message}" (Code: ${error.code})`;
  return `The local AWS failed: ${(error as Error).stack ?? error}`;
}

function providerFor(work: Work, resource: ResourceRecord): ResourceProvider {
  return providerOf(resource.type, work.engine.providers)!;
}

function contextFor(
  work: Work,
  resource: ResourceRecord,
  initiated: ProviderContext["initiated"] = () => {},
): ProviderContext {
  return providerContext(work.engine, work.stack, resource, work.signal, initiated);
}

async function readyProperties(
  work: Work,
  resource: ResourceRecord,
  provider: ResourceProvider,
): Promise<Properties> {
  const { cloud } = work.engine;
  const resolved = await resolveDynamicReferences(resource.properties, cloud, { region: work.stack.region });
  return coerceProperties(
    resolved as Record<string, unknown>,
    provider.properties,
    provider.required ?? [],
    resource,
  );
}

/** Converts old properties again. A failed resource may have invalid ones, which are passed on unchanged. */
function existingOf(resource: ResourceRecord, provider: ResourceProvider): Existing {
  const { physicalId, attributes } = resource;
  try {
    const properties = coerceProperties(resource.properties, provider.properties, [], resource);
    return { physicalId, attributes, properties };
  } catch {
    return { physicalId, attributes, properties: resource.properties };
  }
}

function ignoreGone(error: unknown): void {
  if (!(error instanceof AwsError && GONE.test(error.code))) throw error;
}
