import type {
  AddTagsInput,
  DescribeTagsInput,
  RemoveTagsInput,
  Tag,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsError } from "../../aws-error.ts";
import type { Action } from "../../cloud.ts";
import type { Elbv2Context } from "./context.ts";
import { invalid, required } from "./input.ts";
import type { RegionState } from "./model.ts";

/** Maximum number of resources in one call (ELBv2 API reference, `DescribeTags`). */
const RESOURCES_PER_CALL = 20;

export function tagActions(context: Elbv2Context): Record<string, Action> {
  return {
    AddTags(input: AddTagsInput, scope) {
      const state = context.stateOf(scope);
      const added = required(input.Tags, "Tags");
      for (const arn of checkArns(state, input.ResourceArns)) {
        const kept = state.tags.get(arn)!.filter((tag) => !added.some(({ Key }) => Key === tag.Key));
        state.tags.set(arn, [...kept, ...added]);
      }
      return {};
    },

    RemoveTags(input: RemoveTagsInput, scope) {
      const state = context.stateOf(scope);
      const keys = required(input.TagKeys, "TagKeys");
      for (const arn of checkArns(state, input.ResourceArns)) {
        state.tags.set(
          arn,
          state.tags.get(arn)!.filter((tag) => !keys.includes(tag.Key!)),
        );
      }
      return {};
    },

    DescribeTags(input: DescribeTagsInput, scope) {
      const state = context.stateOf(scope);
      const TagDescriptions = checkArns(state, input.ResourceArns).map((ResourceArn) => ({
        ResourceArn,
        Tags: state.tags.get(ResourceArn) as Tag[],
      }));
      return { TagDescriptions };
    },
  };
}

const KINDS: [string, string, string][] = [
  [":loadbalancer/", "LoadBalancerNotFound", "Load balancer"],
  [":targetgroup/", "TargetGroupNotFound", "Target group"],
  [":listener/", "ListenerNotFound", "Listener"],
  [":listener-rule/", "RuleNotFound", "Rule"],
];

function checkArns(state: RegionState, arns: string[] | undefined): string[] {
  const wanted = required(arns, "ResourceArns");
  if (wanted.length > RESOURCES_PER_CALL)
    throw invalid(`A call can have at most ${RESOURCES_PER_CALL} resources, got ${wanted.length}`);
  for (const arn of wanted) {
    if (state.tags.has(arn)) continue;
    const kind = KINDS.find(([part]) => arn.includes(part));
    if (kind === undefined) throw invalid(`'${arn}' is not the ARN of a resource of this service`);
    throw new AwsError(kind[1], `${kind[2]} '${arn}' not found`);
  }
  return wanted;
}
