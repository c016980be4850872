import { AwsError } from "../../../aws-error.ts";
import {
  type Evaluation,
  evaluationOf,
  KNOWN_AFTER_APPLY,
  type KnownResource,
} from "../evaluation/evaluation.ts";
import type { Engine } from "../stack/engine.ts";
import { importedValue } from "../stack/exports.ts";
import type { PlannedChange, ResourceRecord, StackRecord, Target } from "../stack/model.ts";
import { referencesOf } from "../template/references.ts";
import { providerOf } from "../template/template.ts";
import { checkNoCircle } from "./graph.ts";
import { mustReplace, replaces } from "./replacement.ts";
import { changedNames, sameValue } from "./same-value.ts";

export interface Plan {
  changes: PlannedChange[];
  /** Whether the deployment would change no resource, output or tag. */
  empty: boolean;
}

/**
 * Plans the deployment of a target, as far as it is known in advance. Throws a `ValidationError` for inputs that AWS
 * refuses at once: circular dependencies, and a changed resource type.
 */
export function planDeployment(engine: Engine, stack: StackRecord, target: Target): Plan {
  const unknown = new Set<string>();
  const known = (id: string): KnownResource | undefined => {
    if (unknown.has(id)) return { physicalId: KNOWN_AFTER_APPLY, attributes: undefined };
    return stack.resources.get(id);
  };
  const imported = (name: string) => importedValue(engine, stack, name);
  const evaluation = evaluationOf(stack, target, known, imported, engine.providers);
  const ids = [...evaluation.resources.keys()];
  checkNoCircle(ids, evaluation.dependencies);
  const changes: PlannedChange[] = [];
  for (const id of inOrder(ids, evaluation.dependencies)) {
    const change = planResource(engine, stack, evaluation, id, unknown);
    if (change === undefined) continue;
    if (change.action === "Add" || change.replacement) unknown.add(id);
    changes.push(change);
  }
  for (const resource of stack.resources.values())
    if (!evaluation.resources.has(resource.logicalId)) changes.push(removal(resource));
  return { changes, empty: changes.length === 0 && sameOutside(stack, target) };
}

function inOrder(ids: string[], dependencies: (id: string) => string[]): Set<string> {
  const ordered = new Set<string>();
  const visit = (id: string) => {
    if (ordered.has(id)) return;
    dependencies(id).forEach(visit);
    ordered.add(id);
  };
  ids.forEach(visit);
  return ordered;
}

function planResource(
  engine: Engine,
  stack: StackRecord,
  evaluation: Evaluation,
  id: string,
  unknown: ReadonlySet<string>,
): PlannedChange | undefined {
  const definition = evaluation.resources.get(id)!;
  const before = stack.resources.get(id);
  // A placeholder may not fit its function (`Fn::Select` of an ARN). The whole property is then unknown.
  const after = evaluation.properties(id, (error, property) => {
    if (referencesOf(property).some((reference) => unknown.has(reference.id))) return KNOWN_AFTER_APPLY;
    throw error;
  });
  if (before === undefined || before.physicalId === "" || before.status === "CREATE_FAILED")
    return addition(id, definition.Type, after);
  if (before.type !== definition.Type)
    throw new AwsError(
      "ValidationError",
      `Update of resource type is not permitted. The new template modifies resource type of the following resources: [${id}]`,
    );
  const provider = providerOf(definition.Type, engine.providers)!;
  const changed = changedNames(before.properties, after);
  const scope = changeScope(before, definition, changed, provider.tagsProperty);
  if (scope.length === 0) return undefined;
  return {
    action: "Modify",
    logicalId: id,
    type: definition.Type,
    physicalId: before.physicalId,
    replacement: mustReplace(provider, changed),
    retain: before.updateReplacePolicy.startsWith("Retain"),
    scope,
    properties: [...changed].map((name) => ({
      name,
      replaces: replaces(provider, name),
      before: shown(before.properties[name]),
      after: shown(after[name]),
    })),
    before: JSON.stringify({ Properties: before.properties }),
    after: JSON.stringify({ Properties: after }),
  };
}

function changeScope(
  before: ResourceRecord,
  definition: { Metadata?: unknown; DeletionPolicy?: string; UpdateReplacePolicy?: string },
  changed: ReadonlySet<string>,
  tagsProperty: string | undefined,
): PlannedChange["scope"] {
  const scope: PlannedChange["scope"] = [];
  if ([...changed].some((name) => name !== tagsProperty)) scope.push("Properties");
  if (tagsProperty !== undefined && changed.has(tagsProperty)) scope.push("Tags");
  if (!sameValue(before.metadata, definition.Metadata)) scope.push("Metadata");
  if (before.deletionPolicy !== (definition.DeletionPolicy ?? "Delete")) scope.push("DeletionPolicy");
  if (before.updateReplacePolicy !== (definition.UpdateReplacePolicy ?? "Delete"))
    scope.push("UpdateReplacePolicy");
  return scope;
}

function addition(logicalId: string, type: string, properties: Record<string, unknown>): PlannedChange {
  return {
    action: "Add",
    logicalId,
    type,
    replacement: false,
    retain: false,
    scope: [],
    properties: [],
    after: JSON.stringify({ Properties: properties }),
  };
}

function removal(resource: ResourceRecord): PlannedChange {
  return {
    action: "Remove",
    logicalId: resource.logicalId,
    type: resource.type,
    physicalId: resource.physicalId,
    replacement: false,
    retain: resource.deletionPolicy.startsWith("Retain"),
    scope: [],
    properties: [],
    before: JSON.stringify({ Properties: resource.properties }),
  };
}

/** Whether outputs and stack tags are unchanged. */
function sameOutside(stack: StackRecord, target: Target): boolean {
  const { current } = stack;
  if (current === undefined) return false;
  return (
    sameValue(current.template.Outputs ?? {}, target.template.Outputs ?? {}) &&
    sameValue(byKey(current), byKey(target)) &&
    sameOutputs(stack, target)
  );
}

/** Whether the parameters that outputs refer to are unchanged. */
function sameOutputs(stack: StackRecord, target: Target): boolean {
  const used = new Set(referencesOf(target.template.Outputs ?? {}).map(({ id }) => id));
  return [...used].every((id) =>
    sameValue(stack.current?.parameters.get(id)?.value, target.parameters.get(id)?.value),
  );
}

function byKey({ tags }: Target): Record<string, unknown> {
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
}

function shown(value: unknown): string | undefined {
  return value === undefined || typeof value === "string" ? value : JSON.stringify(value);
}
