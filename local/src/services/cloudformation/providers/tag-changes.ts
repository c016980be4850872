import type { ProviderContext } from "../provider.ts";

export interface TagPair {
  Key: string;
  Value: string;
}

/** Brings the tags of a resource from one list to another, by the two calls that each service has for it. */
export async function changeTags(
  before: TagPair[] = [],
  after: TagPair[] = [],
  set: (tags: TagPair[]) => Promise<unknown>,
  remove: (keys: string[]) => Promise<unknown>,
): Promise<void> {
  const changed = after.filter(
    ({ Key, Value }) => !before.some((tag) => tag.Key === Key && tag.Value === Value),
  );
  const removed = before.map(({ Key }) => Key).filter((key) => !after.some((tag) => tag.Key === key));
  if (changed.length > 0) await set(changed);
  if (removed.length > 0) await remove(removed);
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
export function changeEc2Tags(
  id: string,
  before: TagPair[] | undefined,
  after: TagPair[] | undefined,
  { call }: ProviderContext,
): Promise<void> {
  const Resources = [id];
  return changeTags(
    before,
    after,
    (Tags) => call("ec2", "CreateTags", { Resources, Tags }),
    (keys) => call("ec2", "DeleteTags", { Resources, Tags: keys.map((Key) => ({ Key })) }),
  );
}

/** CloudFront's way of tagging what exists. */
export function changeCloudFrontTags(
  Resource: string,
  before: TagPair[] | undefined,
  after: TagPair[] | undefined,
  { call }: ProviderContext,
): Promise<void> {
  return changeTags(
    before,
    after,
    (Items) => call("cloudfront", "TagResource", { Resource, Tags: { Items } }),
    (Items) => call("cloudfront", "UntagResource", { Resource, TagKeys: { Items } }),
  );
}

/** ECS's way of tagging what exists. */
export function changeEcsTags(
  resourceArn: string,
  before: TagPair[] | undefined,
  after: TagPair[] | undefined,
  { call }: ProviderContext,
): Promise<void> {
  return changeTags(
    before,
    after,
    (tags) => call("ecs", "TagResource", { resourceArn, tags: lowerTags(tags) }),
    (tagKeys) => call("ecs", "UntagResource", { resourceArn, tagKeys }),
  );
}
