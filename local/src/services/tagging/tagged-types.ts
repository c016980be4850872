import type { ResourceTagMapping } from "@aws-sdk/client-resource-groups-tagging-api";
import type { Cloud, Scope, ServiceName } from "../../cloud.ts";

type ReadTagged = (cloud: Cloud, scope: Scope) => Promise<ResourceTagMapping[]>;

/** Maximum number of resources in one DescribeTags, and of services in one DescribeServices. */
const TAGS_PER_CALL = 20;
const SERVICES_PER_CALL = 10;

/** Functions that read the tags of each resource type, by the Tagging API's name of the type. */
export const TAGGED_TYPES: Record<string, ReadTagged> = {
  async "cloudformation:stack"(cloud, scope) {
    const stacks = await all(cloud, scope, "cloudformation", "DescribeStacks", {}, "Stacks", "NextToken");
    return stacks.map(({ StackId, Tags }) => ({ ResourceARN: StackId, Tags }));
  },

  async "ecs:service"(cloud, scope) {
    const tagged: ResourceTagMapping[] = [];
    for (const cluster of await all(cloud, scope, "ecs", "ListClusters", {}, "clusterArns", "nextToken")) {
      const arns = await all(cloud, scope, "ecs", "ListServices", { cluster }, "serviceArns", "nextToken");
      for (const services of chunks(arns, SERVICES_PER_CALL)) {
        const input = { cluster, services, include: ["TAGS"] };
        const answer = await cloud.call("ecs", "DescribeServices", input, scope);
        for (const { serviceArn, tags } of answer.services)
          tagged.push({
            ResourceARN: serviceArn,
            Tags: (tags ?? []).map(({ key, value }: any) => ({ Key: key, Value: value })),
          });
      }
    }
    return tagged;
  },

  async "elasticloadbalancing:targetgroup"(cloud, scope) {
    const groups = await balancing(cloud, scope, "DescribeTargetGroups", {}, "TargetGroups");
    return withTags(
      groups.map(({ TargetGroupArn }) => TargetGroupArn),
      cloud,
      scope,
    );
  },

  async "elasticloadbalancing:listener-rule"(cloud, scope) {
    const arns: string[] = [];
    for (const { LoadBalancerArn } of await balancing(
      cloud,
      scope,
      "DescribeLoadBalancers",
      {},
      "LoadBalancers",
    ))
      for (const { ListenerArn } of await balancing(
        cloud,
        scope,
        "DescribeListeners",
        { LoadBalancerArn },
        "Listeners",
      ))
        for (const { RuleArn, IsDefault } of await balancing(
          cloud,
          scope,
          "DescribeRules",
          { ListenerArn },
          "Rules",
        ))
          if (!IsDefault) arns.push(RuleArn);
    return withTags(arns, cloud, scope);
  },

  async "logs:log-group"(cloud, scope) {
    const groups = await all(cloud, scope, "logs", "DescribeLogGroups", {}, "logGroups", "nextToken");
    return Promise.all(
      groups.map(async ({ logGroupArn: resourceArn }) => {
        const { tags } = await cloud.call("logs", "ListTagsForResource", { resourceArn }, scope);
        return {
          ResourceARN: resourceArn,
          Tags: Object.entries<string>(tags).map(([Key, Value]) => ({ Key, Value })),
        };
      }),
    );
  },
};

function balancing(cloud: Cloud, scope: Scope, action: string, input: object, list: string): Promise<any[]> {
  return all(cloud, scope, "elbv2", action, input, list, "NextMarker", "Marker");
}

/** Returns all pages of a list. */
async function all(
  cloud: Cloud,
  scope: Scope,
  service: ServiceName,
  action: string,
  input: object,
  list: string,
  next: string,
  on = next,
): Promise<any[]> {
  const items: any[] = [];
  let token: string | undefined;
  do {
    const page = await cloud.call(service, action, { ...input, [on]: token }, scope);
    items.push(...(page[list] ?? []));
    token = page[next];
  } while (token);
  return items;
}

async function withTags(arns: string[], cloud: Cloud, scope: Scope): Promise<ResourceTagMapping[]> {
  const tagged: ResourceTagMapping[] = [];
  for (const ResourceArns of chunks(arns, TAGS_PER_CALL)) {
    const { TagDescriptions } = await cloud.call("elbv2", "DescribeTags", { ResourceArns }, scope);
    for (const { ResourceArn, Tags } of TagDescriptions) tagged.push({ ResourceARN: ResourceArn, Tags });
  }
  return tagged;
}

function chunks<Item>(items: Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
