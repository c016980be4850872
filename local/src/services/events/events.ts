/**
 * Amazon EventBridge: the default event bus, its rules, and targets that are Lambda functions or SQS queues.
 *
 * **Gaps**: other event buses, schedules (`ScheduleExpression`), archives, pipes, input transformers, dead-letter queues and retry
 * policies of targets, tags. Patterns know literals, `prefix`, `suffix`, `anything-but` with literals, and `exists`. Each of these is
 * refused by name.
 * **By design**: an event reaches its targets at once. A target that cannot be called is reported in the log. A function needs no
 * resource policy here; on AWS it does.
 */
import { randomUUID } from "node:crypto";
import { AwsError, notImplemented } from "../../aws-error.ts";
import { ACCOUNT, type Cloud, found, perRegion, type Scope, type Service } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";
import { type BusEvent, deliver } from "./deliver.ts";
import { checkEntries, type PutEventsEntry, refusalOf } from "./entries.ts";
import { matches, parsePattern } from "./pattern.ts";
import { type Rule, type Target, targetKind } from "./rules.ts";

/** PutTargets: targets of one rule (EventBridge quota). */
const MAX_TARGETS = 5;

export function createEvents(cloud: Cloud): Service {
  const rulesOf = perRegion(() => new Map<string, Rule>());
  const ruleOf = ({ Name, Rule: name = Name }: { Name?: string; Rule?: string }, scope: Scope): Rule =>
    found(
      rulesOf(scope).get(name ?? ""),
      "ResourceNotFoundException",
      `Rule ${name} does not exist on EventBus default.`,
    );
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
      PutRule: (input: PutRuleInput, scope) => {
        refuseUnknown("events:PutRule", input, [
          "Name",
          "EventPattern",
          "State",
          "Description",
          "EventBusName",
        ]);
        refuseOtherBus("events:PutRule", input);
        if (!/^[\w.-]{1,64}$/.test(input.Name)) throw invalid(`Rule name ${input.Name} is not valid.`);
        if (!input.EventPattern) throw invalid("Parameter(s) EventPattern must be specified.");
        const arn = `arn:aws:events:${scope.region}:${ACCOUNT}:rule/${input.Name}`;
        rulesOf(scope).set(input.Name, {
          name: input.Name,
          arn,
          pattern: parsePattern(input.EventPattern),
          patternText: input.EventPattern,
          state: input.State ?? "ENABLED",
          description: input.Description,
          targets: rulesOf(scope).get(input.Name)?.targets ?? new Map(),
        });
        return { RuleArn: arn };
      },
      DescribeRule: (input: NamedRule, scope) =>
        toView(ruleOf(withoutBus("events:DescribeRule", input), scope)),
      ListRules: (input: { NamePrefix?: string; EventBusName?: string }, scope) => {
        refuseUnknown("events:ListRules", input, ["NamePrefix", "EventBusName", "Limit"]);
        refuseOtherBus("events:ListRules", input);
        const rules = [...rulesOf(scope).values()].filter(({ name }) =>
          name.startsWith(input.NamePrefix ?? ""),
        );
        return { Rules: rules.map(toView) };
      },
      PutTargets: (input: NamedRule & { Targets: Target[] }, scope) => {
        refuseUnknown("events:PutTargets", input, ["Rule", "EventBusName", "Targets"]);
        const { targets } = ruleOf(withoutBus("events:PutTargets", input), scope);
        for (const target of input.Targets) {
          refuseUnknown("events:PutTargets: Targets", target, ["Id", "Arn"]);
          targetKind(target);
        }
        const ids = new Set([...targets.keys(), ...input.Targets.map(({ Id }) => Id)]);
        if (ids.size > MAX_TARGETS)
          throw new AwsError(
            "LimitExceededException",
            `The requested resource exceeds the maximum number allowed: ${MAX_TARGETS} targets.`,
          );
        for (const target of input.Targets) targets.set(target.Id, target);
        return { FailedEntryCount: 0, FailedEntries: [] };
      },
      ListTargetsByRule: (input: NamedRule, scope) => ({
        Targets: [...ruleOf(withoutBus("events:ListTargetsByRule", input), scope).targets.values()],
      }),
      RemoveTargets: (input: NamedRule & { Ids: string[] }, scope) => {
        const { targets } = ruleOf(withoutBus("events:RemoveTargets", input), scope);
        for (const id of input.Ids) targets.delete(id);
        return { FailedEntryCount: 0, FailedEntries: [] };
      },
      DeleteRule: (input: NamedRule, scope) => {
        refuseOtherBus("events:DeleteRule", input);
        const rule = rulesOf(scope).get(input.Name ?? "");
        if (rule !== undefined && rule.targets.size > 0)
          throw invalid("Rule can't be deleted since it has targets.");
        rulesOf(scope).delete(input.Name ?? "");
        return {};
      },
    },
  };
}

interface PutRuleInput {
  Name: string;
  EventPattern?: string;
  State?: "ENABLED" | "DISABLED";
  Description?: string;
  EventBusName?: string;
}

interface NamedRule {
  Name?: string;
  Rule?: string;
  EventBusName?: string;
}

function withoutBus<Input extends NamedRule>(action: string, input: Input): Input {
  refuseOtherBus(action, input);
  return input;
}

function refuseOtherBus(action: string, { EventBusName = "default" }: { EventBusName?: string }): void {
  if (EventBusName !== "default" && !EventBusName.endsWith(":event-bus/default"))
    throw notImplemented(`${action}: EventBusName ${EventBusName}`);
}

function invalid(message: string): AwsError {
  return new AwsError("ValidationException", message);
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

function toView({ name, arn, patternText, state, description }: Rule) {
  return {
    Name: name,
    Arn: arn,
    EventPattern: patternText,
    State: state,
    Description: description,
    EventBusName: "default",
  };
}
