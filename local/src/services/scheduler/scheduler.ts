/**
 * EventBridge Scheduler: schedules that invoke Lambda functions.
 *
 * **Gaps** Targets other than Lambda functions, time zones other than UTC, and `L`, `W`, `#` in cron are refused. A flexible
 * window fires at its start. The dead-letter queue and the retry policy are recorded: Lambda takes every event here, and
 * what it makes of it is its own matter.
 *
 * **By design** The cloud's clock decides, looked at every second: a clock that tests move fires what became due. Times
 * that were missed fire once. A rate fires at once when its schedule is made or updated, as on AWS.
 *
 * **Client quirks** UpdateSchedule replaces the whole schedule.
 */
import { type Cloud, perRegion, type Service } from "../../cloud.ts";
import { fireDue } from "./clock.ts";
import { createGroupActions } from "./groups.ts";
import { DEFAULT_GROUP, newGroup, type SchedulerRegion } from "./model.ts";
import { createScheduleActions } from "./schedules.ts";

export interface SchedulerOptions {
  /** How often it is looked whether something is due. Milliseconds. Default 1000. */
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
