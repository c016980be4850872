import { AwsError } from "../../../aws-error.ts";
import { ACCOUNT, perRegion, type Scope } from "../../../cloud.ts";
import type { ChangeSetRecord, StackRecord } from "./model.ts";

interface Region {
  /** By id, oldest first, including deleted stacks. */
  stacks: Map<string, StackRecord>;
  changeSets: Map<string, ChangeSetRecord>;
}

/** Stacks and change sets by region, with AWS's lookup by name or id. */
export interface Store {
  stacks(scope: Scope): StackRecord[];
  /** Finds a stack by its id, or a stack that is not deleted by its name. */
  find(nameOrId: string | undefined, scope: Scope): StackRecord | undefined;
  /** Throws AWS's error if the stack does not exist. Its wording depends on the call. */
  get(nameOrId: string | undefined, scope: Scope, wording?: "with-id" | "brackets"): StackRecord;
  add(stack: StackRecord): void;
  remove(stack: StackRecord): void;
  changeSets(stack: StackRecord): ChangeSetRecord[];
  addChangeSet(changeSet: ChangeSetRecord, stack: StackRecord): void;
  removeChangeSet(changeSet: ChangeSetRecord, stack: StackRecord): void;
  getChangeSet(
    nameOrId: string | undefined,
    stackName: string | undefined,
    scope: Scope,
  ): { changeSet: ChangeSetRecord; stack: StackRecord };
  /** Returns the existing stack that exports a name. */
  exporter(name: string, scope: Scope): StackRecord | undefined;
  /** Every stack of every region. */
  everything(): StackRecord[];
}

export function createStore(): Store {
  const regions = new Set<Region>();
  const regionOf = perRegion((): Region => {
    const region = { stacks: new Map(), changeSets: new Map() };
    regions.add(region);
    return region;
  });
  const living = (scope: Scope) => [...regionOf(scope).stacks.values()].filter((stack) => !stack.deletedAt);
  const find = (nameOrId: string | undefined, scope: Scope) =>
    regionOf(scope).stacks.get(nameOrId ?? "") ?? living(scope).find((stack) => stack.name === nameOrId);
  const get: Store["get"] = (nameOrId, scope, wording = "with-id") => {
    if (!nameOrId) throw new AwsError("ValidationError", "StackName is required.");
    const stack = find(nameOrId, scope);
    if (stack !== undefined) return stack;
    const message =
      wording === "with-id"
        ? `Stack with id ${nameOrId} does not exist`
        : `Stack [${nameOrId}] does not exist`;
    throw new AwsError("ValidationError", message);
  };
  return {
    stacks: (scope) => [...regionOf(scope).stacks.values()],
    find,
    get,
    add: (stack) => regionOf(stack).stacks.set(stack.id, stack),
    remove: (stack) => regionOf(stack).stacks.delete(stack.id),
    changeSets: (stack) =>
      [...regionOf(stack).changeSets.values()].filter((each) => each.stackId === stack.id),
    addChangeSet: (changeSet, stack) => regionOf(stack).changeSets.set(changeSet.id, changeSet),
    removeChangeSet: (changeSet, stack) => regionOf(stack).changeSets.delete(changeSet.id),
    getChangeSet: (nameOrId, stackName, scope) => {
      const { changeSets, stacks } = regionOf(scope);
      const byId = changeSets.get(nameOrId ?? "");
      if (byId !== undefined) return { changeSet: byId, stack: stacks.get(byId.stackId)! };
      const missing = new AwsError("ChangeSetNotFound", `ChangeSet [${nameOrId}] does not exist`, 404);
      if (nameOrId?.startsWith("arn:")) throw missing;
      const stack = get(stackName, scope, "brackets");
      const named = [...changeSets.values()].find(
        (each) => each.stackId === stack.id && each.name === nameOrId,
      );
      if (named === undefined) throw missing;
      return { changeSet: named, stack };
    },
    exporter: (name, scope) =>
      living(scope).find((stack) => stack.outputs.some((output) => output.exportName === name)),
    everything: () => [...regions].flatMap((region) => [...region.stacks.values()]),
  };
}

export function stackArn(name: string, region: string, uuid: string): string {
  return `arn:aws:cloudformation:${region}:${ACCOUNT}:stack/${name}/${uuid}`;
}

export function changeSetArn(name: string, region: string, uuid: string): string {
  return `arn:aws:cloudformation:${region}:${ACCOUNT}:changeSet/${name}/${uuid}`;
}
