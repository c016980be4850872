import { randomUUID } from "node:crypto";
import type { Cloud } from "../../cloud.ts";
import type { GroupRecord, ScheduleRecord, SchedulerRegion } from "./model.ts";

/** Fires the due schedules of all regions, by the cloud's clock. Several missed times fire once. */
export function fireDue(cloud: Cloud, regions: Iterable<SchedulerRegion>): void {
  const now = cloud.now();
  for (const { region, groups } of regions)
    for (const group of groups.values())
      for (const schedule of group.schedules.values()) {
        if (schedule.nextAt === undefined || schedule.nextAt > now) continue;
        const dueAt = schedule.nextAt;
        advance(group, schedule, now);
        if (isOpen(schedule, dueAt)) void fire(cloud, schedule, dueAt, region);
      }
}

function advance(group: GroupRecord, schedule: ScheduleRecord, now: number): void {
  schedule.nextAt = schedule.timetable.next(now);
  const { Name, ActionAfterCompletion } = schedule.described;
  if (schedule.nextAt === undefined && ActionAfterCompletion === "DELETE") group.schedules.delete(Name);
}

function isOpen({ described }: ScheduleRecord, atMs: number): boolean {
  return described.State === "ENABLED" && atMs <= (described.EndDate?.getTime() ?? Number.POSITIVE_INFINITY);
}

/** Sends the event to Lambda, which does its own retries. A missing target is only logged. */
async function fire(
  cloud: Cloud,
  { described }: ScheduleRecord,
  dueAt: number,
  region: string,
): Promise<void> {
  const input = {
    FunctionName: described.Target.Arn,
    InvocationType: "Event",
    Payload: Buffer.from(inputOf(described, dueAt)),
  };
  await cloud
    .call("lambda", "Invoke", input, { region })
    .catch((error: Error) =>
      cloud.log(`Schedule ${described.Name} could not start its target: ${error.message}`),
    );
}

/** Replaces the context attributes in the target's input. */
function inputOf({ Arn, Target }: ScheduleRecord["described"], dueAt: number): string {
  return (Target.Input ?? "{}")
    .replaceAll("<aws.scheduler.schedule-arn>", Arn)
    .replaceAll("<aws.scheduler.scheduled-time>", new Date(dueAt).toISOString().replace(/\.\d+Z$/, "Z"))
    .replaceAll("<aws.scheduler.execution-id>", randomUUID())
    .replaceAll("<aws.scheduler.attempt-number>", "1");
}
