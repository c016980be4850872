import { AwsError } from "../../aws-error.ts";
import type { Action } from "../../cloud.ts";

interface Tag {
  Key?: string | undefined;
  Value?: string | undefined;
}

/** Tags of distributions. They are stored and returned. */
export function tagActions(exists: (arn: string) => boolean): Record<string, Action> {
  const tags = new Map<string, Map<string, string>>();
  const tagsOf = (arn: string) => {
    if (!exists(arn)) throw new AwsError("NoSuchResource", `There is no distribution ${arn}.`, 404);
    const own = tags.get(arn) ?? new Map<string, string>();
    tags.set(arn, own);
    return own;
  };
  return {
    TagResource: (input: { Resource: string; Tags: { Items?: Tag[] } }) => {
      const own = tagsOf(input.Resource);
      for (const { Key, Value } of input.Tags.Items ?? []) own.set(Key!, Value ?? "");
      return {};
    },
    UntagResource: (input: { Resource: string; TagKeys: { Items?: string[] } }) => {
      for (const key of input.TagKeys.Items ?? []) tagsOf(input.Resource).delete(key);
      return {};
    },
    ListTagsForResource: (input: { Resource: string }) => ({
      Tags: { Items: [...tagsOf(input.Resource)].map(([Key, Value]) => ({ Key, Value })) },
    }),
  };
}
