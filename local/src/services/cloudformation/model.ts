import type {
  ChangeSetStatus,
  ExecutionStatus,
  ResourceStatus,
  StackStatus,
  Tag,
} from "@aws-sdk/client-cloudformation";
import type { ResolvedParameter } from "./parameters.ts";
import type { Template } from "./template.ts";

/** A resource of a stack as it is now. */
export interface ResourceRecord {
  logicalId: string;
  type: string;
  physicalId: string;
  attributes: Record<string, unknown>;
  /** Evaluated, but with dynamic references as the template has them: a secret is never kept here. */
  properties: Record<string, unknown>;
  status: ResourceStatus;
  statusReason?: string;
  updatedAt: Date;
  deletionPolicy: string;
  updateReplacePolicy: string;
  metadata?: unknown;
  /** Logical ids that must exist before it, and go after it. */
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

/** What a stack shall become: the accepted input of CreateStack, UpdateStack or a change set. */
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
  /** Ends waiting and stops further resources: a failure elsewhere, a deletion, or the end of the local AWS. */
  abort: AbortController;
  /** Settles when the stack has come to rest; never rejects. */
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
  /** Old halves of replacements, and what failed halfway: deleted when an update comes to its cleanup. */
  leftovers: ResourceRecord[];
  /** Names of exports of other stacks that this one uses. */
  imports: Set<string>;
  /** Oldest first. */
  events: EventRecord[];
  roleArn?: string;
  changeSetId?: string;
  disableRollback: boolean;
  terminationProtection: boolean;
  operation?: Operation;
  /** `action token` → what that call answered. */
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

/** One line of a plan, before AWS's clothes. */
export interface PlannedChange {
  action: "Add" | "Modify" | "Remove";
  logicalId: string;
  type: string;
  physicalId?: string;
  replacement: boolean;
  /** Of the replaced or removed resource: whether it stays. */
  retain: boolean;
  scope: ("Properties" | "Metadata" | "Tags" | "DeletionPolicy" | "UpdateReplacePolicy")[];
  properties: { name: string; replaces: boolean; before?: string; after?: string }[];
  before?: string;
  after?: string;
}
