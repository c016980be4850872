import type { GetScheduleOutput, Target } from "@aws-sdk/client-scheduler";
import { AwsError } from "../../aws-error.ts";
import { ACCOUNT, found, type Scope } from "../../cloud.ts";
import type { Timetable } from "./expression.ts";

/** State of one region. */
export interface SchedulerRegion {
  region: string;
  groups: Map<string, GroupRecord>;
}

export interface GroupRecord {
  name: string;
  arn: string;
  createdAt: Date;
  changedAt: Date;
  tags: { Key?: string; Value?: string }[];
  /** By name. */
  schedules: Map<string, ScheduleRecord>;
}

export interface ScheduleRecord {
  /** Output of GetSchedule. */
  described: GetScheduleOutput & { Name: string; Arn: string; GroupName: string; Target: Target };
  timetable: Timetable;
  /** Milliseconds since the epoch; undefined when the schedule does not fire again. */
  nextAt: number | undefined;
}

/** The group that always exists. */
export const DEFAULT_GROUP = "default";

export function newGroup(
  name: string,
  { region }: Scope,
  now: Date,
  tags: GroupRecord["tags"] = [],
): GroupRecord {
  const arn = `arn:aws:scheduler:${region}:${ACCOUNT}:schedule-group/${name}`;
  return { name, arn, createdAt: now, changedAt: now, tags, schedules: new Map() };
}

export function getGroup(state: SchedulerRegion, name: string = DEFAULT_GROUP): GroupRecord {
  return found(
    state.groups.get(name),
    "ResourceNotFoundException",
    `Schedule group ${name} does not exist.`,
    404,
  );
}

export function getSchedule(group: GroupRecord, name: string): ScheduleRecord {
  return found(
    group.schedules.get(name),
    "ResourceNotFoundException",
    `Schedule ${name} does not exist.`,
    404,
  );
}

export function conflict(message: string): AwsError {
  return new AwsError("ConflictException", message, 409);
}

export function invalid(message: string): AwsError {
  return new AwsError("ValidationException", message);
}
