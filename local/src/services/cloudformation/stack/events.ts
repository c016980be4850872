import type { ResourceStatus, StackStatus } from "@aws-sdk/client-cloudformation";
import type { Engine } from "./engine.ts";
import type { EventRecord, Operation, ResourceRecord, StackRecord } from "./model.ts";

export const STACK_TYPE = "AWS::CloudFormation::Stack";

/** Sets a stack's status and adds an event. */
export function setStackStatus(
  engine: Engine,
  stack: StackRecord,
  operation: Operation,
  status: StackStatus,
  reason?: string,
): void {
  stack.status = status;
  stack.statusReason = reason;
  append(engine, stack, operation, {
    logicalId: stack.name,
    physicalId: stack.id,
    type: STACK_TYPE,
    status,
    reason,
  });
  engine.cloud.log(`cloudformation: ${stack.name} ${status}${reason === undefined ? "" : ` (${reason})`}`);
}

/** Sets a resource's status and adds an event. */
export function setResourceStatus(
  engine: Engine,
  stack: StackRecord,
  operation: Operation,
  resource: ResourceRecord,
  status: ResourceStatus,
  reason?: string,
): void {
  resource.status = status;
  resource.statusReason = reason;
  resource.updatedAt = engine.now();
  append(engine, stack, operation, {
    logicalId: resource.logicalId,
    physicalId: resource.physicalId,
    type: resource.type,
    status,
    reason,
    properties: JSON.stringify(resource.properties),
  });
  if (status.endsWith("FAILED"))
    engine.cloud.log(`cloudformation: ${stack.name} ${resource.logicalId} ${status} (${reason})`);
}

function append(
  engine: Engine,
  stack: StackRecord,
  operation: Operation,
  event: Omit<EventRecord, "eventId" | "operationId" | "operationType" | "timestamp">,
): void {
  const id = engine.uuid();
  stack.events.push({
    ...event,
    eventId: event.type === STACK_TYPE ? id : `${event.logicalId}-${event.status}-${id}`,
    operationId: operation.id,
    operationType: operation.type,
    timestamp: nextTimestamp(engine, stack),
    clientRequestToken: operation.clientRequestToken,
  });
}

/** Returns increasing times: clients sort events by time, and two in one millisecond could swap. */
function nextTimestamp(engine: Engine, stack: StackRecord): Date {
  const last = stack.events.at(-1)?.timestamp.getTime() ?? 0;
  return new Date(Math.max(engine.now().getTime(), last + 1));
}
