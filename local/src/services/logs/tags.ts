import type {
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
  TagResourceRequest,
  UntagResourceRequest,
} from "@aws-sdk/client-cloudwatch-logs";
import type { Action, Scope } from "../../cloud.ts";
import { groupOf, type LogGroups } from "./log-group.ts";

/** Tags of log groups, by ARN. */
export function tagActions(groupsOf: (scope: Scope) => LogGroups): Record<string, Action> {
  return {
    TagResource: (input: TagResourceRequest, scope) => {
      const { tags } = groupOf(groupsOf(scope), undefined, input.resourceArn);
      for (const [key, value] of Object.entries(input.tags!)) tags.set(key, value);
      return {};
    },
    UntagResource: (input: UntagResourceRequest, scope) => {
      const { tags } = groupOf(groupsOf(scope), undefined, input.resourceArn);
      for (const key of input.tagKeys!) tags.delete(key);
      return {};
    },
    ListTagsForResource: (input: ListTagsForResourceRequest, scope): ListTagsForResourceResponse => ({
      tags: Object.fromEntries(groupOf(groupsOf(scope), undefined, input.resourceArn).tags),
    }),
  };
}
