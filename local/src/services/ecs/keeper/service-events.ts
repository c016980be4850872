import { randomUUID } from "node:crypto";
import type { ServiceRecord } from "../state/model.ts";

/** Maximum number of events that DescribeServices returns (ECS API reference). */
const MAX_EVENTS = 100;

/** Adds `(service <name>) <what>` to the service's events, newest first. */
export function addEvent(service: ServiceRecord, what: string, nowMs: number): void {
  const message = `(service ${service.name}) ${what}`;
  service.events.unshift({ id: randomUUID(), createdAt: new Date(nowMs), message });
  service.events.length = Math.min(service.events.length, MAX_EVENTS);
}
