import { AwsError, notImplemented } from "../../aws-error.ts";
import { ACCOUNT, type Action, found, type Scope } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";
import { parsePattern } from "./pattern.ts";
import { type Rule, type Target, targetKind } from "./rules.ts";

/** Maximum number of targets of one rule (EventBridge quota). */
const MAX_TARGETS = 5;

type RulesOf = (scope: Scope) => Map<string, Rule>;

/** Actions on rules. */
export function ruleActions(rulesOf: RulesOf): Record<string, Action> {
  return {
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
      toView(ruleIn(rulesOf, withoutBus("events:DescribeRule", input), scope)),
    ListRules: (input: { NamePrefix?: string; EventBusName?: string }, scope) => {
      refuseUnknown("events:ListRules", input, ["NamePrefix", "EventBusName", "Limit"]);
      refuseOtherBus("events:ListRules", input);
      const rules = [...rulesOf(scope).values()].filter(({ name }) =>
        name.startsWith(input.NamePrefix ?? ""),
      );
      return { Rules: rules.map(toView) };
    },
    DeleteRule: (input: NamedRule, scope) => {
      refuseOtherBus("events:DeleteRule", input);
      const rule = rulesOf(scope).get(input.Name ?? "");
      if (rule !== undefined && rule.targets.size > 0)
        throw invalid("Rule can't be deleted since it has targets.");
      rulesOf(scope).delete(input.Name ?? "");
      return {};
    },
  };
}

/** Actions on the targets of rules. */
export function targetActions(rulesOf: RulesOf): Record<string, Action> {
  return {
    PutTargets: (input: NamedRule & { Targets: Target[] }, scope) => {
      refuseUnknown("events:PutTargets", input, ["Rule", "EventBusName", "Targets"]);
      const { targets } = ruleIn(rulesOf, withoutBus("events:PutTargets", input), scope);
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
      Targets: [...ruleIn(rulesOf, withoutBus("events:ListTargetsByRule", input), scope).targets.values()],
    }),
    RemoveTargets: (input: NamedRule & { Ids: string[] }, scope) => {
      const { targets } = ruleIn(rulesOf, withoutBus("events:RemoveTargets", input), scope);
      for (const id of input.Ids) targets.delete(id);
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
  };
}

function ruleIn(rulesOf: RulesOf, { Name, Rule: name = Name }: NamedRule, scope: Scope): Rule {
  return found(
    rulesOf(scope).get(name ?? ""),
    "ResourceNotFoundException",
    `Rule ${name} does not exist on EventBus default.`,
  );
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
