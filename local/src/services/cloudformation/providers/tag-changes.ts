import type { ProviderContext } from "./provider.ts";

export interface TagPair {
  Key: string;
  Value: string;
}

/** Changes a resource's tags from one list to another, with the service's two calls. */
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

/** Converts `[{Key, Value}]` to ECS's `[{key, value}]`. */
export function lowerTags(tags: TagPair[] | undefined): { key: string; value: string }[] | undefined {
  return tags?.map(({ Key, Value }) => ({ key: Key, value: Value }));
}

/** Converts `[{Key, Value}]` to a map. */
export function tagMap(tags: TagPair[] | undefined): Record<string, string> | undefined {
  return tags && Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
}

/** Returns EC2's parameter for tags at creation. */
export function tagSpecifications(resourceType: string, tags: TagPair[] | undefined) {
  return tags === undefined || tags.length === 0 ? undefined : [{ ResourceType: resourceType, Tags: tags }];
}

/** Changes the tags of an EC2 resource. */
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

/** Changes the tags of a CloudFront resource. */
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

/** Changes the tags of an ECS resource. */
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
