import type {
  AddTagsToResourceRequest,
  ListTagsForResourceRequest,
  ListTagsForResourceResult,
  RemoveTagsFromResourceRequest,
} from "@aws-sdk/client-ssm";
import { AwsError } from "../../aws-error.ts";
import type { Action, Scope } from "../../cloud.ts";
import { nameOf, type ParameterRecord, type Parameters } from "./parameter.ts";

/** Tags of parameters, the only supported resource of Systems Manager. */
export function tagActions(parametersOf: (scope: Scope) => Parameters): Record<string, Action> {
  const find = (input: { ResourceType?: string; ResourceId?: string }, scope: Scope): ParameterRecord => {
    if (input.ResourceType !== "Parameter")
      throw new AwsError(
        "InvalidResourceType",
        `Only parameters can have tags in the local AWS, not ${input.ResourceType}.`,
      );
    const parameter = parametersOf(scope).get(nameOf(input.ResourceId!));
    if (parameter === undefined)
      throw new AwsError("InvalidResourceId", `The parameter ${input.ResourceId} does not exist.`);
    return parameter;
  };
  return {
    AddTagsToResource: (input: AddTagsToResourceRequest, scope) => {
      const parameter = find(input, scope);
      const tags = new Map([...parameter.tags, ...input.Tags!].map((tag) => [tag.Key, tag]));
      parameter.tags = [...tags.values()];
      return {};
    },
    RemoveTagsFromResource: (input: RemoveTagsFromResourceRequest, scope) => {
      const parameter = find(input, scope);
      parameter.tags = parameter.tags.filter(({ Key }) => !input.TagKeys!.includes(Key!));
      return {};
    },
    ListTagsForResource: (input: ListTagsForResourceRequest, scope): ListTagsForResourceResult => ({
      TagList: find(input, scope).tags,
    }),
  };
}
