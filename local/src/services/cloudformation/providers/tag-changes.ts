import type { ProviderContext } from "../provider.ts";

export interface TagPair {
  Key: string;
  Value: string;
}

/** What brings the tags of a resource from one list to another. */
export function tagChanges(
  before: TagPair[] = [],
  after: TagPair[] = [],
): { set: TagPair[]; removedKeys: string[] } {
  return {
    set: after.filter(({ Key, Value }) => !before.some((tag) => tag.Key === Key && tag.Value === Value)),
    removedKeys: before.map(({ Key }) => Key).filter((key) => !after.some((tag) => tag.Key === key)),
  };
}

/** `[{Key, Value}]` as ECS writes it: `[{key, value}]`. */
export function lowerTags(tags: TagPair[] | undefined): { key: string; value: string }[] | undefined {
  return tags?.map(({ Key, Value }) => ({ key: Key, value: Value }));
}

/** `[{Key, Value}]` as a map. */
export function tagMap(tags: TagPair[] | undefined): Record<string, string> | undefined {
  return tags && Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
}

/** EC2's way of tagging at creation. */
export function tagSpecifications(resourceType: string, tags: TagPair[] | undefined) {
  return tags === undefined || tags.length === 0 ? undefined : [{ ResourceType: resourceType, Tags: tags }];
}

/** EC2's way of tagging what exists. */
export async function changeEc2Tags(
  id: string,
  before: TagPair[] | undefined,
  after: TagPair[] | undefined,
  context: ProviderContext,
): Promise<void> {
  const { set, removedKeys } = tagChanges(before, after);
  if (set.length > 0) await context.call("ec2", "CreateTags", { Resources: [id], Tags: set });
  if (removedKeys.length > 0)
    await context.call("ec2", "DeleteTags", { Resources: [id], Tags: removedKeys.map((Key) => ({ Key })) });
}
