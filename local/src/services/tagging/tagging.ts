/**
 * Resource Groups Tagging API: finds resources by their tags.
 *
 * **Gaps** (refused by name): tagging and untagging through it, lists of keys and values, compliance,
 * `ResourceARNList`, and types other than stacks, ECS services, target groups, listener rules and log groups.
 *
 * **By design**: it queries the services, so deleted resources disappear at once (AWS lists them for some time).
 */
import type {
  GetResourcesInput,
  GetResourcesOutput,
  ResourceTagMapping,
} from "@aws-sdk/client-resource-groups-tagging-api";
import { notImplemented } from "../../aws-error.ts";
import type { Cloud, Scope, Service } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";
import { pageOf } from "../sorted-pages.ts";
import { TAGGED_TYPES } from "./tagged-types.ts";

const PAGE_SIZE = 50;

export function createTagging(cloud: Cloud): Service {
  return {
    actions: {
      GetResources: (input: GetResourcesInput, scope) => getResources(cloud, input, scope),
    },
  };
}

async function getResources(
  cloud: Cloud,
  input: GetResourcesInput,
  scope: Scope,
): Promise<GetResourcesOutput> {
  const known = ["TagFilters", "ResourceTypeFilters", "ResourcesPerPage", "PaginationToken"];
  refuseUnknown("tagging:GetResources", input, known);
  const types = input.ResourceTypeFilters ?? [];
  const unknown = types.find((type) => !Object.hasOwn(TAGGED_TYPES, type));
  if (types.length === 0 || unknown !== undefined)
    throw notImplemented(`tagging:GetResources of the type ${unknown ?? "all"}`);
  const all = await Promise.all(types.map((type) => TAGGED_TYPES[type]!(cloud, scope)));
  const found = all
    .flat()
    .filter((resource) => matches(resource, input))
    .sort((a, b) => (a.ResourceARN! < b.ResourceARN! ? -1 : 1));
  const { items, nextToken } = pageOf(found, ({ ResourceARN }) => ResourceARN!, {
    size: input.ResourcesPerPage ?? PAGE_SIZE,
    token: input.PaginationToken || undefined,
    errorCode: "PaginationTokenExpiredException",
  });
  return { ResourceTagMappingList: items, PaginationToken: nextToken ?? "" };
}

/** Whether a resource matches every filter: a tag with the key, and with one of the values if there are any. */
function matches({ Tags = [] }: ResourceTagMapping, { TagFilters = [] }: GetResourcesInput): boolean {
  return TagFilters.every(({ Key: key, Values = [] }) =>
    Tags.some(({ Key, Value = "" }) => Key === key && (Values.length === 0 || Values.includes(Value))),
  );
}
