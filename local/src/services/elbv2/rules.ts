import type {
  CreateRuleInput,
  DeleteRuleInput,
  DescribeRulesInput,
  ModifyRuleInput,
  Rule,
  SetRulePrioritiesInput,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsError } from "../../aws-error.ts";
import { type Action, found } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";
import { elbArn, newHex } from "./arns.ts";
import { normalizeConditions } from "./conditions.ts";
import { applyRules, type Elbv2Context } from "./context.ts";
import { findListener } from "./find.ts";
import { integer, page, required } from "./input.ts";
import { checkGroupLimit, checkRuleLimit } from "./limits.ts";
import {
  allListeners,
  allRules,
  byPriority,
  type ListenerRecord,
  type RegionState,
  type RuleRecord,
} from "./model.ts";
import { checkAssociations, normalizeActions } from "./rule-actions.ts";

/** Permitted priorities. The default rule comes after all of them. */
const PRIORITY = { min: 1, max: 50_000 };

export function ruleActions(context: Elbv2Context): Record<string, Action> {
  return {
    CreateRule(input: CreateRuleInput, scope) {
      const state = context.stateOf(scope);
      refuseUnknown("elbv2:CreateRule", input, ["ListenerArn", "Conditions", "Priority", "Actions", "Tags"]);
      const listener = findListener(state, input.ListenerArn);
      const priority = integer(input.Priority, "Priority", PRIORITY);
      const conditions = normalizeConditions("CreateRule", input.Conditions);
      const actions = normalizeActions("CreateRule", state, input.Actions);
      checkPriorityFree(listener, priority);
      checkAssociations(state, actions, listener.loadBalancer);
      checkRuleLimit(listener.loadBalancer);
      checkGroupLimit(listener.loadBalancer, actions);
      const arn = elbArn(state.region, `listener-rule/${listenerPath(listener)}/${newHex()}`);
      const record: RuleRecord = { arn, listener, priority, conditions, actions };
      listener.rules.set(arn, record);
      state.tags.set(arn, input.Tags ?? []);
      applyRules(state);
      return { Rules: [describe(record)] };
    },

    DescribeRules(input: DescribeRulesInput, scope) {
      const { items, ...next } = page(select(context.stateOf(scope), input), input);
      return { Rules: items, ...next };
    },

    ModifyRule(input: ModifyRuleInput, scope) {
      const state = context.stateOf(scope);
      refuseUnknown("elbv2:ModifyRule", input, ["RuleArn", "Conditions", "Actions"]);
      const record = findRule(state, input.RuleArn, "modified");
      const conditions = input.Conditions && normalizeConditions("ModifyRule", input.Conditions);
      const actions = input.Actions && normalizeActions("ModifyRule", state, input.Actions);
      if (actions !== undefined) {
        checkAssociations(state, actions, record.listener.loadBalancer);
        checkGroupLimit(record.listener.loadBalancer, actions, record.actions);
      }
      record.conditions = conditions ?? record.conditions;
      record.actions = actions ?? record.actions;
      applyRules(state);
      return { Rules: [describe(record)] };
    },

    DeleteRule(input: DeleteRuleInput, scope) {
      const state = context.stateOf(scope);
      const record = findRule(state, input.RuleArn, "deleted");
      record.listener.rules.delete(record.arn);
      state.tags.delete(record.arn);
      applyRules(state);
      return {};
    },

    SetRulePriorities(input: SetRulePrioritiesInput, scope) {
      const state = context.stateOf(scope);
      const changes = required(input.RulePriorities, "RulePriorities").map(({ RuleArn, Priority }) => ({
        rule: findRule(state, RuleArn, "moved to another priority"),
        priority: integer(Priority, "Priority", PRIORITY),
      }));
      checkPrioritiesDistinct(changes);
      for (const { rule, priority } of changes) rule.priority = priority;
      applyRules(state);
      return { Rules: changes.map(({ rule }) => describe(rule)) };
    },
  };
}

/** Returns `app/<name>/<hex>/<hex>`, the middle part of the ARNs of a listener's rules. */
function listenerPath(listener: ListenerRecord): string {
  return listener.arn.slice(listener.arn.indexOf("/") + 1);
}

function findRule(state: RegionState, arn: string | undefined, what: string): RuleRecord {
  const wanted = required(arn, "RuleArn");
  if (allListeners(state).some((listener) => defaultRuleArn(listener) === wanted))
    throw new AwsError("OperationNotPermitted", `Default rule '${wanted}' cannot be ${what}`);
  const record = allRules(state).find((rule) => rule.arn === wanted);
  return found(record, "RuleNotFound", `Rule '${wanted}' not found`);
}

function checkPriorityFree(listener: ListenerRecord, priority: number): void {
  for (const rule of listener.rules.values()) {
    if (rule.priority === priority)
      throw new AwsError("PriorityInUse", `Priority '${priority}' is currently in use`);
  }
}

/** Checks the resulting priorities, so that two rules may swap theirs. */
function checkPrioritiesDistinct(changes: { rule: RuleRecord; priority: number }[]): void {
  const wanted = new Map(changes.map(({ rule, priority }) => [rule, priority]));
  for (const listener of new Set(changes.map(({ rule }) => rule.listener))) {
    const seen = new Set<number>();
    for (const rule of listener.rules.values()) {
      const priority = wanted.get(rule) ?? rule.priority;
      if (seen.has(priority))
        throw new AwsError("PriorityInUse", `Priority '${priority}' is currently in use`);
      seen.add(priority);
    }
  }
}

function select(state: RegionState, input: DescribeRulesInput): Rule[] {
  if (input.RuleArns?.length) return input.RuleArns.map((arn) => findDescribed(state, arn));
  return describeAll(findListener(state, input.ListenerArn));
}

function findDescribed(state: RegionState, arn: string): Rule {
  const all = allListeners(state).flatMap(describeAll);
  return found(
    all.find((rule) => rule.RuleArn === arn),
    "RuleNotFound",
    `Rule '${arn}' not found`,
  );
}

/** Returns all rules in the order of evaluation, the default rule last. */
function describeAll(listener: ListenerRecord): Rule[] {
  const last: Rule = {
    RuleArn: defaultRuleArn(listener),
    Priority: "default",
    Conditions: [],
    Actions: listener.defaultActions,
    IsDefault: true,
  };
  return [...byPriority(listener).map(describe), last];
}

/** Derives the default rule's ARN from the listener's, so that it never changes. */
function defaultRuleArn(listener: ListenerRecord): string {
  const hex = listener.arn.slice(-16);
  return `${listener.arn.replace(":listener/", ":listener-rule/")}/${[...hex].reverse().join("")}`;
}

function describe(record: RuleRecord): Rule {
  return {
    RuleArn: record.arn,
    Priority: String(record.priority),
    Conditions: record.conditions,
    Actions: record.actions,
    IsDefault: false,
  };
}
