import type {
  ListTagsForResourceRequest,
  Tag,
  TagResourceRequest,
  UntagResourceRequest,
} from "@aws-sdk/client-ecs";
import { type Action, found, type Scope } from "../../../cloud.ts";
import type { EcsRegion } from "../state/model.ts";
import { findDefinition } from "./task-definitions.ts";

/** Tags of clusters, services, tasks and task definitions. */
export function createTagActions(stateOf: (scope: Scope) => EcsRegion): Record<string, Action> {
  return {
    TagResource: (input: TagResourceRequest, scope) => {
      const resource = getResource(stateOf(scope), input.resourceArn!);
      const given = input.tags ?? [];
      resource.tags = [...resource.tags.filter(({ key }) => !given.some((tag) => tag.key === key)), ...given];
      return {};
    },
    UntagResource: (input: UntagResourceRequest, scope) => {
      const resource = getResource(stateOf(scope), input.resourceArn!);
      resource.tags = resource.tags.filter(({ key }) => !input.tagKeys?.includes(key ?? ""));
      return {};
    },
    ListTagsForResource: (input: ListTagsForResourceRequest, scope) => ({
      tags: getResource(stateOf(scope), input.resourceArn!).tags,
    }),
  };
}

function getResource(state: EcsRegion, arn: string): { tags: Tag[] } {
  const [kind, parent, name] = (arn.split(":").slice(5).join(":") || arn).split("/");
  const cluster = state.clusters.get(parent ?? "");
  const kinds: Record<string, () => { tags: Tag[] } | undefined> = {
    cluster: () => cluster,
    service: () => cluster?.services.get(name ?? ""),
    task: () => cluster?.tasks.get(name ?? ""),
    "task-definition": () => findDefinition(state, arn),
  };
  return found(
    kinds[kind ?? ""]?.(),
    "InvalidParameterException",
    `The specified resource ${arn} could not be found or does not support tags.`,
  );
}
