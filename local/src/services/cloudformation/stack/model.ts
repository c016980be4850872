import type {
  ChangeSetStatus,
  ExecutionStatus,
  ResourceStatus,
  StackStatus,
  Tag,
} from "@aws-sdk/client-cloudformation";
import type { ResolvedParameter } from "../template/parameters.ts";
import type { Template } from "../template/template.ts";

/** The current state of a stack's resource. */
export interface ResourceRecord {
  logicalId: string;
  type: string;
  physicalId: string;
  attributes: Record<string, unknown>;
  /** Evaluated properties with unresolved dynamic references, so that no secret is stored. */
  properties: Record<string, unknown>;
  status: ResourceStatus;
  statusReason?: string;
  updatedAt: Date;
  deletionPolicy: string;
  updateReplacePolicy: string;
  metadata?: unknown;
  /** Logical ids that must exist before this resource and be deleted after it. */
  dependsOn: string[];
}

export interface EventRecord {
  eventId: string;
  operationId: string;
  operationType: OperationType;
  logicalId: string;
  physicalId: string;
  type: string;
  status: string;
  reason?: string;
  properties?: string;
  timestamp: Date;
  clientRequestToken?: string;
}

export type OperationType = "CREATE_STACK" | "UPDATE_STACK" | "DELETE_STACK" | "CREATE_CHANGESET";

/** The desired state of a stack: the accepted input of CreateStack, UpdateStack or a change set. */
export interface Target {
  template: Template;
  templateBody: string;
  parameters: Map<string, ResolvedParameter>;
  tags: Tag[];
  capabilities: string[];
  notificationArns: string[];
  roleArn?: string;
}

/** One run of the engine on a stack. */
export interface Operation {
  id: string;
  type: OperationType;
  clientRequestToken?: string;
  /** Aborted by a failure, a deletion or the end of the local AWS. Cancels waits and starts no further resources. */
  abort: AbortController;
  /** Resolves when the operation has ended; never rejects. */
  done: Promise<void>;
}

export interface StackRecord {
  id: string;
  name: string;
  region: string;
  status: StackStatus;
  statusReason?: string;
  createdAt: Date;
  updatedAt?: Date;
  deletedAt?: Date;
  /** Undefined while only a change set exists (REVIEW_IN_PROGRESS). */
  current?: Target;
  outputs: { key: string; value: string; description?: string; exportName?: string }[];
  resources: Map<string, ResourceRecord>;
  /** Replaced resources and failed creations. The cleanup of an update deletes them. */
  leftovers: ResourceRecord[];
  /** Exports of other stacks that this stack imports. */
  imports: Set<string>;
  /** Oldest first. */
  events: EventRecord[];
  roleArn?: string;
  changeSetId?: string;
  disableRollback: boolean;
  terminationProtection: boolean;
  operation?: Operation;
  /** Client request token → the action that used it and its output. */
  tokens: Map<string, unknown>;
}

export interface ChangeSetRecord {
  id: string;
  name: string;
  stackId: string;
  type: "CREATE" | "UPDATE";
  description?: string;
  createdAt: Date;
  status: ChangeSetStatus;
  statusReason?: string;
  executionStatus: ExecutionStatus;
  target?: Target;
  changes: PlannedChange[];
  problems: { logicalId: string; type: string; path: string; message: string }[];
  onStackFailure?: string;
  includeNestedStacks: boolean;
  importExistingResources: boolean;
}

/** One planned change. */
export interface PlannedChange {
  action: "Add" | "Modify" | "Remove";
  logicalId: string;
  type: string;
  physicalId?: string;
  replacement: boolean;
  /** Whether a replaced or removed resource is retained. */
  retain: boolean;
  scope: ("Properties" | "Metadata" | "Tags" | "DeletionPolicy" | "UpdateReplacePolicy")[];
  properties: { name: string; replaces: boolean; before?: string; after?: string }[];
  before?: string;
  after?: string;
}
