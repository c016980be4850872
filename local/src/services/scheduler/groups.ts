import type {
  CreateScheduleGroupInput,
  GetScheduleGroupInput,
  ListScheduleGroupsInput,
  ListTagsForResourceInput,
  TagResourceInput,
  UntagResourceInput,
} from "@aws-sdk/client-scheduler";
import { type Action, type Cloud, found, type Scope } from "../../cloud.ts";
import { pageOf } from "../paging.ts";
import {
  conflict,
  DEFAULT_GROUP,
  type GroupRecord,
  getGroup,
  invalid,
  newGroup,
  type SchedulerRegion,
} from "./model.ts";

/** Actions on schedule groups and their tags. */
export function createGroupActions(
  cloud: Cloud,
  stateOf: (scope: Scope) => SchedulerRegion,
): Record<string, Action> {
  const byArn = (arn: string | undefined, scope: Scope) =>
    found(
      [...stateOf(scope).groups.values()].find((group) => group.arn === arn),
      "ResourceNotFoundException",
      `Schedule group ${arn} does not exist.`,
      404,
    );
  return {
    CreateScheduleGroup: (input: CreateScheduleGroupInput, scope) => {
      const { groups } = stateOf(scope);
      const name = input.Name!;
      if (groups.has(name)) throw conflict(`Schedule group ${name} already exists.`);
      const group = newGroup(name, scope, new Date(cloud.now()), input.Tags ?? []);
      groups.set(name, group);
      return { ScheduleGroupArn: group.arn };
    },
    GetScheduleGroup: (input: GetScheduleGroupInput, scope) =>
      describe(getGroup(stateOf(scope), input.Name!)),
    ListScheduleGroups: (input: ListScheduleGroupsInput, scope) => {
      const all = [...stateOf(scope).groups.values()].filter(({ name }) =>
        name.startsWith(input.NamePrefix ?? ""),
      );
      const { items, nextToken } = pageOf(
        all,
        { maxResults: input.MaxResults, nextToken: input.NextToken },
        100,
      );
      return { ScheduleGroups: items.map(describe), NextToken: nextToken };
    },
    /** Also deletes the group's schedules. */
    DeleteScheduleGroup: (input: GetScheduleGroupInput, scope) => {
      const group = getGroup(stateOf(scope), input.Name!);
      if (group.name === DEFAULT_GROUP) throw invalid("The default schedule group cannot be deleted.");
      stateOf(scope).groups.delete(group.name);
      return {};
    },
    TagResource: (input: TagResourceInput, scope) => {
      const group = byArn(input.ResourceArn, scope);
      const given = input.Tags ?? [];
      group.tags = [...group.tags.filter(({ Key }) => !given.some((tag) => tag.Key === Key)), ...given];
      return {};
    },
    UntagResource: (input: UntagResourceInput, scope) => {
      const group = byArn(input.ResourceArn, scope);
      group.tags = group.tags.filter(({ Key }) => !input.TagKeys?.includes(Key ?? ""));
      return {};
    },
    ListTagsForResource: (input: ListTagsForResourceInput, scope) => ({
      Tags: byArn(input.ResourceArn, scope).tags,
    }),
  };
}

function describe({ name, arn, createdAt, changedAt }: GroupRecord) {
  return { Name: name, Arn: arn, State: "ACTIVE", CreationDate: createdAt, LastModificationDate: changedAt };
}
