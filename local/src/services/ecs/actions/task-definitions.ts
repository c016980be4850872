import type {
  DeregisterTaskDefinitionRequest,
  DescribeTaskDefinitionRequest,
  ListTaskDefinitionsRequest,
  RegisterTaskDefinitionRequest,
} from "@aws-sdk/client-ecs";
import { AwsError } from "../../../aws-error.ts";
import { ACCOUNT, type Action, type Cloud, found, type Scope } from "../../../cloud.ts";
import { pageOf } from "../../paging.ts";
import { type DefinitionRecord, type EcsRegion, ecsArn, nameOf } from "../state/model.ts";
import { checkTaskDefinition } from "./task-definition-rules.ts";

/** Actions on task definitions. */
export function createTaskDefinitionActions(
  cloud: Cloud,
  stateOf: (scope: Scope) => EcsRegion,
): Record<string, Action> {
  return {
    RegisterTaskDefinition: (input: RegisterTaskDefinitionRequest, scope) => {
      checkTaskDefinition(input);
      const record = register(stateOf(scope), input, scope, new Date(cloud.now()));
      return { taskDefinition: record.definition, tags: record.tags };
    },
    DescribeTaskDefinition: (input: DescribeTaskDefinitionRequest, scope) => {
      const record = found(
        findDefinition(stateOf(scope), input.taskDefinition ?? ""),
        "ClientException",
        "Unable to describe task definition.",
      );
      const tags = input.include?.includes("TAGS") ? record.tags : undefined;
      return { taskDefinition: record.definition, tags };
    },
    DeregisterTaskDefinition: (input: DeregisterTaskDefinitionRequest, scope) => {
      const record = found(
        findDefinition(stateOf(scope), input.taskDefinition ?? ""),
        "ClientException",
        "The specified task definition does not exist. Specify a valid account, family, revision and try again.",
      );
      record.definition.status = "INACTIVE";
      record.definition.deregisteredAt = new Date(cloud.now());
      return { taskDefinition: record.definition };
    },
    ListTaskDefinitions: (input: ListTaskDefinitionsRequest, scope) => {
      const all = [...stateOf(scope).definitions.values()]
        .flat()
        .filter(({ definition }) => definition.status === (input.status ?? "ACTIVE"))
        .filter(({ definition }) => !input.familyPrefix || definition.family === input.familyPrefix);
      if (input.sort === "DESC") all.reverse();
      const { items, nextToken } = pageOf(all, input, 100);
      return { taskDefinitionArns: items.map(({ definition }) => definition.taskDefinitionArn), nextToken };
    },
  };
}

function register(
  state: EcsRegion,
  input: RegisterTaskDefinitionRequest,
  scope: Scope,
  now: Date,
): DefinitionRecord {
  const family = input.family!;
  const revisions = state.definitions.get(family) ?? [];
  const { tags, containerDefinitions, ...rest } = input;
  const revision = revisions.length + 1;
  const record: DefinitionRecord = {
    definition: {
      ...rest,
      containerDefinitions: containerDefinitions!.map((container) => ({
        cpu: 0,
        essential: true,
        environment: [],
        mountPoints: [],
        volumesFrom: [],
        ...container,
        portMappings: (container.portMappings ?? []).map((mapping) => ({
          ...mapping,
          hostPort: mapping.hostPort || mapping.containerPort,
          protocol: mapping.protocol ?? "tcp",
        })),
      })),
      family,
      revision,
      taskDefinitionArn: ecsArn(scope, `task-definition/${family}:${revision}`),
      status: "ACTIVE",
      volumes: input.volumes ?? [],
      placementConstraints: [],
      compatibilities: ["EC2", "FARGATE"],
      registeredAt: now,
      registeredBy: `arn:aws:iam::${ACCOUNT}:root`,
    },
    tags: tags ?? [],
  };
  revisions.push(record);
  state.definitions.set(family, revisions);
  return record;
}

/** Finds a definition by ARN, by `family:revision`, or by `family` (the newest active revision). */
export function findDefinition(state: EcsRegion, reference: string): DefinitionRecord | undefined {
  const [family, revision] = nameOf(reference).split(":") as [string, string | undefined];
  const revisions = state.definitions.get(family) ?? [];
  if (revision !== undefined) return revisions[Number(revision) - 1];
  return revisions.findLast(({ definition }) => definition.status === "ACTIVE");
}

/** Finds a definition that a service may run. Throws the errors of CreateService and UpdateService. */
export function getRunnableDefinition(state: EcsRegion, reference: string): DefinitionRecord {
  const record = found(findDefinition(state, reference), "ClientException", "TaskDefinition not found.");
  if (record.definition.status !== "ACTIVE")
    throw new AwsError("ClientException", "TaskDefinition is inactive");
  return record;
}
