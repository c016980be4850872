import { camelCase } from "../camel-case.ts";
import { STRINGS, TAG_LIST } from "../properties.ts";
import type { Providers } from "../provider.ts";
import { changeEcsTags, lowerTags } from "../tag-changes.ts";
import { ecsServiceProvider } from "./ecs-service.ts";
import { CAPACITY_STRATEGY, CONTAINER } from "./ecs-shapes.ts";

/** Members of a container whose keys are the user's own names. */
const VERBATIM = ["DockerLabels", "Options"];

export const ecsProviders: Providers = {
  "AWS::ECS::Cluster": {
    properties: {
      CapacityProviders: STRINGS,
      ClusterName: "string",
      ClusterSettings: [{ Name: "string", Value: "string" }],
      Configuration: { ExecuteCommandConfiguration: { Logging: "string" } },
      DefaultCapacityProviderStrategy: CAPACITY_STRATEGY,
      Tags: TAG_LIST,
    },
    attributes: ["Arn"],
    replacedBy: ["ClusterName"],
    tagsProperty: "Tags",
    create: async ({ ClusterName, ClusterSettings, Tags, ...properties }, context) => {
      const { cluster } = await context.call("ecs", "CreateCluster", {
        ...camelCase(properties),
        clusterName: ClusterName ?? context.name({ max: 255 }),
        settings: camelCase(ClusterSettings),
        tags: lowerTags(Tags),
      });
      return { physicalId: cluster.clusterName, attributes: { Arn: cluster.clusterArn } };
    },
    update: async ({ physicalId: cluster, attributes, properties: before }, properties, changed, context) => {
      const { call } = context;
      await changeEcsTags(attributes.Arn as string, before.Tags, properties.Tags, context);
      const { CapacityProviders, ClusterSettings, Configuration, DefaultCapacityProviderStrategy } =
        properties;
      if (changed.has("ClusterSettings") || changed.has("Configuration"))
        await call("ecs", "UpdateCluster", {
          cluster,
          settings: camelCase(ClusterSettings),
          configuration: camelCase(Configuration),
        });
      if (changed.has("CapacityProviders") || changed.has("DefaultCapacityProviderStrategy"))
        await call("ecs", "PutClusterCapacityProviders", {
          cluster,
          capacityProviders: CapacityProviders ?? [],
          defaultCapacityProviderStrategy: camelCase(DefaultCapacityProviderStrategy ?? []),
        });
      return undefined;
    },
    delete: ({ physicalId: cluster }, { call }) => call("ecs", "DeleteCluster", { cluster }),
  },
  "AWS::ECS::TaskDefinition": {
    properties: {
      ContainerDefinitions: [CONTAINER],
      Cpu: "string",
      EphemeralStorage: { SizeInGiB: "number" },
      ExecutionRoleArn: "string",
      Family: "string",
      IpcMode: "string",
      Memory: "string",
      NetworkMode: "string",
      PidMode: "string",
      RequiresCompatibilities: STRINGS,
      RuntimePlatform: { CpuArchitecture: "string", OperatingSystemFamily: "string" },
      Tags: TAG_LIST,
      TaskRoleArn: "string",
      Volumes: [{ Name: "string" }],
    },
    required: ["ContainerDefinitions"],
    attributes: ["TaskDefinitionArn"],
    replacedBy: "any",
    tagsProperty: "Tags",
    create: async ({ Family, Tags, ...properties }, context) => {
      const { taskDefinition } = await context.call("ecs", "RegisterTaskDefinition", {
        ...camelCase(properties, VERBATIM),
        family: Family ?? context.name({ max: 255 }),
        tags: lowerTags(Tags),
      });
      const { taskDefinitionArn } = taskDefinition;
      return { physicalId: taskDefinitionArn, attributes: { TaskDefinitionArn: taskDefinitionArn } };
    },
    delete: ({ physicalId: taskDefinition }, { call }) =>
      call("ecs", "DeregisterTaskDefinition", { taskDefinition }),
  },
  "AWS::ECS::Service": ecsServiceProvider,
};
