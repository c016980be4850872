/**
 * Amazon EventBridge: the default event bus, its rules, and targets that are Lambda functions or SQS queues.
 *
 * **Gaps** (refused by name): other event buses, schedules (`ScheduleExpression`), archives, pipes, input transformers,
 * dead-letter queues and retry policies of targets, tags, and filters in patterns other than literals, `prefix`,
 * `suffix`, `anything-but` with literals, and `exists`.
 * **By design**: an event reaches its targets at once. A target that cannot be called is reported in the log. A
 * function needs no resource policy here; on AWS it does.
 */
import { randomUUID } from "node:crypto";
import { ACCOUNT, type Cloud, perRegion, type Scope, type Service } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";
import { type BusEvent, deliver } from "./deliver.ts";
import { checkEntries, type PutEventsEntry, refusalOf } from "./entries.ts";
import { matches } from "./pattern.ts";
import { ruleActions, targetActions } from "./rule-actions.ts";
import type { Rule } from "./rules.ts";

export function createEvents(cloud: Cloud): Service {
  const rulesOf = perRegion(() => new Map<string, Rule>());
  return {
    actions: {
      PutEvents: (input: { Entries: PutEventsEntry[] }, scope) => {
        refuseUnknown("events:PutEvents", input, ["Entries"]);
        checkEntries(input.Entries);
        const results = input.Entries.map((entry) => {
          const refusal = refusalOf(entry);
          if (refusal !== undefined) return refusal;
          const event = toEvent(entry, scope, cloud.now());
          for (const rule of rulesOf(scope).values())
            if (rule.state === "ENABLED" && matches(rule.pattern, event))
              for (const target of rule.targets.values()) void deliver(cloud, rule, target, event);
          return { EventId: event.id };
        });
        return {
          FailedEntryCount: results.filter((result) => "ErrorCode" in result).length,
          Entries: results,
        };
      },
      ...ruleActions(rulesOf),
      ...targetActions(rulesOf),
    },
  };
}

/** The envelope that targets receive (EventBridge user guide, "Structure of EventBridge events"). */
function toEvent(entry: PutEventsEntry, { region }: Scope, now: number): BusEvent {
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": entry.DetailType!,
    source: entry.Source!,
    account: ACCOUNT,
    time: (entry.Time ?? new Date(now)).toISOString().replace(/\.\d+Z$/, "Z"),
    region,
    resources: entry.Resources ?? [],
    detail: JSON.parse(entry.Detail!),
  };
}
