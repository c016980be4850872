/**
 * EventBridge Scheduler: schedules that invoke Lambda functions.
 *
 * **Gaps** `cron()`, targets other than Lambda functions, and time zones other than UTC are refused. A flexible window
 * fires at its start. The dead-letter queue and the retry policy are recorded only: Lambda accepts every event and does
 * its own retries.
 *
 * **By design** Schedules follow the cloud's clock, which is checked every second. When a test advances the clock, due
 * schedules fire; several missed times fire once. As on AWS, a rate fires as soon as its schedule is created or
 * updated.
 *
 * **Client quirks** UpdateSchedule replaces the whole schedule.
 */
import { type Cloud, perRegion, type Service } from "../../cloud.ts";
import { fireDue } from "./clock.ts";
import { createGroupActions } from "./groups.ts";
import { DEFAULT_GROUP, newGroup, type SchedulerRegion } from "./model.ts";
import { createScheduleActions } from "./schedules.ts";

export interface SchedulerOptions {
  /** Milliseconds between two checks for due schedules. Default 1000. */
  tickMs?: number;
}

export function createScheduler(cloud: Cloud, { tickMs = 1000 }: SchedulerOptions = {}): Service {
  const regions = new Set<SchedulerRegion>();
  const stateOf = perRegion((region): SchedulerRegion => {
    const group = newGroup(DEFAULT_GROUP, { region }, new Date(cloud.now()));
    const state = { region, groups: new Map([[DEFAULT_GROUP, group]]) };
    regions.add(state);
    return state;
  });
  const timer = setInterval(() => fireDue(cloud, regions), tickMs).unref();
  return {
    actions: { ...createScheduleActions(cloud, stateOf), ...createGroupActions(cloud, stateOf) },
    async close() {
      clearInterval(timer);
    },
  };
}
