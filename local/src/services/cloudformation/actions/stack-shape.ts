import type { Stack, StackEvent, StackResource, StackSummary } from "@aws-sdk/client-cloudformation";
import type { EventRecord, ResourceRecord, StackRecord } from "../stack/model.ts";
import { describeParameters } from "../template/parameters.ts";

const NOT_CHECKED = { StackDriftStatus: "NOT_CHECKED" } as const;

/** Converts a stack to the shape of DescribeStacks. */
export function describeStack(stack: StackRecord): Stack {
  return {
    StackId: stack.id,
    StackName: stack.name,
    ChangeSetId: stack.changeSetId,
    Description: stack.current?.template.Description,
    Parameters: describeParameters(stack.current?.parameters ?? new Map()),
    CreationTime: stack.createdAt,
    LastUpdatedTime: stack.updatedAt,
    DeletionTime: stack.deletedAt,
    RollbackConfiguration: {},
    StackStatus: stack.status,
    StackStatusReason: stack.statusReason,
    DisableRollback: stack.disableRollback,
    NotificationARNs: stack.current?.notificationArns ?? [],
    Capabilities: (stack.current?.capabilities ?? []) as Stack["Capabilities"],
    Outputs: stack.outputs.map(({ key, value, description, exportName }) => ({
      OutputKey: key,
      OutputValue: value,
      Description: description,
      ExportName: exportName,
    })),
    RoleARN: stack.roleArn,
    Tags: stack.current?.tags ?? [],
    EnableTerminationProtection: stack.terminationProtection,
    DriftInformation: NOT_CHECKED,
  };
}

export function stackSummary(stack: StackRecord): StackSummary {
  return {
    StackId: stack.id,
    StackName: stack.name,
    TemplateDescription: stack.current?.template.Description,
    CreationTime: stack.createdAt,
    LastUpdatedTime: stack.updatedAt,
    DeletionTime: stack.deletedAt,
    StackStatus: stack.status,
    StackStatusReason: stack.statusReason,
    DriftInformation: NOT_CHECKED,
  };
}

export function describeStackResource(
  stack: StackRecord,
  resource: ResourceRecord,
): StackResource & { Timestamp: Date } {
  return {
    StackName: stack.name,
    StackId: stack.id,
    LogicalResourceId: resource.logicalId,
    PhysicalResourceId: resource.physicalId,
    ResourceType: resource.type,
    Timestamp: resource.updatedAt,
    ResourceStatus: resource.status,
    ResourceStatusReason: resource.statusReason,
    DriftInformation: { StackResourceDriftStatus: "NOT_CHECKED" },
  };
}

export function stackEvent(stack: StackRecord, event: EventRecord): StackEvent {
  return {
    StackId: stack.id,
    EventId: event.eventId,
    StackName: stack.name,
    OperationId: event.operationId,
    LogicalResourceId: event.logicalId,
    PhysicalResourceId: event.physicalId,
    ResourceType: event.type,
    Timestamp: event.timestamp,
    ResourceStatus: event.status as StackEvent["ResourceStatus"],
    ResourceStatusReason: event.reason,
    ResourceProperties: event.properties,
    ClientRequestToken: event.clientRequestToken,
  };
}
