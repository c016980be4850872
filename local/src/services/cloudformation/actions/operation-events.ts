import type { DescribeEventsInput, OperationEvent } from "@aws-sdk/client-cloudformation";
import type { Scope } from "../../../cloud.ts";
import type { Engine } from "../stack/engine.ts";
import { STACK_TYPE } from "../stack/events.ts";
import type { ChangeSetRecord, EventRecord, StackRecord } from "../stack/model.ts";

/**
 * Returns the output of DescribeEvents, newest first: the events of a stack's operations, or why a change set failed.
 */
export function operationEvents(engine: Engine, input: DescribeEventsInput, scope: Scope): OperationEvent[] {
  const events =
    input.ChangeSetName === undefined
      ? stackOperationEvents(engine, input, scope)
      : changeSetEvents(engine, input, scope);
  return input.Filters?.FailedEvents ? events.filter(isFailure) : events;
}

function stackOperationEvents(engine: Engine, input: DescribeEventsInput, scope: Scope): OperationEvent[] {
  const stacks =
    input.StackName === undefined ? engine.store.stacks(scope) : [engine.store.get(input.StackName, scope)];
  return stacks.flatMap((stack) =>
    stack.events
      .filter(({ operationId }) => input.OperationId === undefined || operationId === input.OperationId)
      .toReversed()
      .map((event) => fromStackEvent(stack, event)),
  );
}

function fromStackEvent(stack: StackRecord, event: EventRecord): OperationEvent {
  return {
    EventId: event.eventId,
    StackId: stack.id,
    OperationId: event.operationId,
    OperationType: event.operationType,
    EventType:
      event.status.endsWith("_FAILED") && event.type !== STACK_TYPE ? "PROVISIONING_ERROR" : "STACK_EVENT",
    LogicalResourceId: event.logicalId,
    PhysicalResourceId: event.physicalId,
    ResourceType: event.type,
    Timestamp: event.timestamp,
    ResourceStatus: event.status as OperationEvent["ResourceStatus"],
    ResourceStatusReason: event.reason,
    ResourceProperties: event.properties,
    ClientRequestToken: event.clientRequestToken,
  };
}

function changeSetEvents(engine: Engine, input: DescribeEventsInput, scope: Scope): OperationEvent[] {
  const { changeSet, stack } = engine.store.getChangeSet(input.ChangeSetName, input.StackName, scope);
  return changeSet.problems.map((problem, index) => fromProblem(stack, changeSet, problem, index));
}

function fromProblem(
  stack: StackRecord,
  changeSet: ChangeSetRecord,
  problem: ChangeSetRecord["problems"][number],
  index: number,
): OperationEvent {
  return {
    EventId: `${changeSet.id}-${index}`,
    StackId: stack.id,
    OperationId: changeSet.id,
    OperationType: "CREATE_CHANGESET",
    EventType: "VALIDATION_ERROR",
    LogicalResourceId: problem.logicalId,
    ResourceType: problem.type,
    Timestamp: changeSet.createdAt,
    ValidationFailureMode: "FAIL",
    ValidationName: "PROPERTY_VALIDATION",
    ValidationStatus: "FAILED",
    ValidationStatusReason: problem.message,
    ValidationPath: problem.path,
  };
}

function isFailure(event: OperationEvent): boolean {
  return event.EventType === "VALIDATION_ERROR" || (event.ResourceStatus ?? "").endsWith("_FAILED");
}
