import type {
  CreateScheduleInput,
  DeleteScheduleInput,
  GetScheduleInput,
  ListSchedulesInput,
  UpdateScheduleInput,
} from "@aws-sdk/client-scheduler";
import { notImplemented } from "../../aws-error.ts";
import { ACCOUNT, type Action, type Cloud, type Scope } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";
import { pageOf } from "../paging.ts";
import { parseExpression, refuseTimeZone } from "./expression.ts";
import {
  conflict,
  type GroupRecord,
  getGroup,
  getSchedule,
  invalid,
  type ScheduleRecord,
  type SchedulerRegion,
} from "./model.ts";

const KNOWN = [
  ...["Name", "GroupName", "ScheduleExpression", "ScheduleExpressionTimezone", "StartDate", "EndDate"],
  ...[
    "Description",
    "State",
    "Target",
    "FlexibleTimeWindow",
    "ClientToken",
    "KmsKeyArn",
    "ActionAfterCompletion",
  ],
];
const KNOWN_OF_TARGET = ["Arn", "RoleArn", "Input", "DeadLetterConfig", "RetryPolicy"];

/** Actions on schedules. */
export function createScheduleActions(
  cloud: Cloud,
  stateOf: (scope: Scope) => SchedulerRegion,
): Record<string, Action> {
  const groupOf = (input: { GroupName?: string }, scope: Scope) => getGroup(stateOf(scope), input.GroupName);
  return {
    CreateSchedule: (input: CreateScheduleInput, scope) => {
      const group = groupOf(input, scope);
      if (group.schedules.has(input.Name!)) throw conflict(`Schedule ${input.Name} already exists.`);
      return put(group, input, scope, cloud.now());
    },
    UpdateSchedule: (input: UpdateScheduleInput, scope) => {
      const group = groupOf(input, scope);
      const { CreationDate } = getSchedule(group, input.Name!).described;
      return put(group, input, scope, cloud.now(), CreationDate);
    },
    GetSchedule: (input: GetScheduleInput, scope) =>
      getSchedule(groupOf(input, scope), input.Name!).described,
    DeleteSchedule: (input: DeleteScheduleInput, scope) => {
      const group = groupOf(input, scope);
      getSchedule(group, input.Name!);
      group.schedules.delete(input.Name!);
      return {};
    },
    ListSchedules: (input: ListSchedulesInput, scope) => {
      const groups = input.GroupName ? [groupOf(input, scope)] : [...stateOf(scope).groups.values()];
      const all = groups
        .flatMap(({ schedules }) => [...schedules.values()])
        .filter(({ described }) => described.Name.startsWith(input.NamePrefix ?? ""))
        .filter(({ described }) => !input.State || described.State === input.State);
      const { items, nextToken } = pageOf(
        all,
        { maxResults: input.MaxResults, nextToken: input.NextToken },
        100,
      );
      return { Schedules: items.map(summaryOf), NextToken: nextToken };
    },
  };
}

/** Creates or replaces a schedule. Members that an update omits get their defaults. */
function put(
  group: GroupRecord,
  input: CreateScheduleInput | UpdateScheduleInput,
  { region }: Scope,
  nowMs: number,
  createdAt = new Date(nowMs),
): { ScheduleArn: string } {
  check(input);
  const { ClientToken: _token, ...members } = input;
  const arn = `arn:aws:scheduler:${region}:${ACCOUNT}:schedule/${group.name}/${input.Name}`;
  const beginMs = Math.max(nowMs, input.StartDate?.getTime() ?? 0);
  const timetable = parseExpression(input.ScheduleExpression!, beginMs);
  const retries = { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 };
  const record: ScheduleRecord = {
    described: {
      ...members,
      Name: input.Name!,
      GroupName: group.name,
      Arn: arn,
      State: input.State ?? "ENABLED",
      ScheduleExpressionTimezone: input.ScheduleExpressionTimezone ?? "UTC",
      ActionAfterCompletion: input.ActionAfterCompletion ?? "NONE",
      Target: { ...input.Target!, RetryPolicy: input.Target!.RetryPolicy ?? retries },
      CreationDate: createdAt,
      LastModificationDate: new Date(nowMs),
    },
    timetable,
    nextAt: timetable.next(nowMs - 1),
  };
  group.schedules.set(input.Name!, record);
  return { ScheduleArn: arn };
}

function check(input: CreateScheduleInput | UpdateScheduleInput): void {
  refuseUnknown("scheduler:schedule", input, KNOWN);
  if (!/^[\w.-]{1,64}$/.test(input.Name ?? ""))
    throw invalid(`Schedule name "${input.Name}" must be 1 to 64 letters, digits and .-_`);
  if (!input.Target?.Arn || !input.Target.RoleArn) throw invalid("Target needs an Arn and a RoleArn.");
  if (!input.FlexibleTimeWindow?.Mode) throw invalid("FlexibleTimeWindow needs a Mode.");
  refuseUnknown("scheduler:schedule: Target", input.Target, KNOWN_OF_TARGET);
  if (!input.Target.Arn.startsWith("arn:aws:lambda:"))
    throw notImplemented(`scheduler: target ${input.Target.Arn}`);
  refuseTimeZone(input.ScheduleExpressionTimezone);
}

function summaryOf({ described }: ScheduleRecord) {
  const { Arn, Name, GroupName, State, CreationDate, LastModificationDate, Target } = described;
  return { Arn, Name, GroupName, State, CreationDate, LastModificationDate, Target: { Arn: Target.Arn } };
}
