import { AwsError } from "../../../aws-error.ts";
import type { Template } from "../template/template.ts";
import { type Environment, evaluate, templateError } from "./intrinsics.ts";

/** Returns a function that evaluates conditions by name, each once. It refuses circular conditions. */
export function conditionsOf(template: Template, environment: () => Environment): (name: string) => boolean {
  const results = new Map<string, boolean>();
  const open = new Set<string>();
  return (name) => {
    const known = results.get(name);
    if (known !== undefined) return known;
    const definition = template.Conditions?.[name];
    if (definition === undefined)
      throw new AwsError("ValidationError", `Template format error: Unresolved condition ${name}`);
    if (open.has(name))
      throw templateError(`Circular dependency between conditions: ${[...open, name].join(", ")}`);
    open.add(name);
    const result = evaluateCondition(definition, environment());
    open.delete(name);
    results.set(name, result);
    return result;
  };
}

/** Checks the template's rules against the parameters. Throws the rule's own description on a violation. */
export function checkRules(template: Template, environment: Environment): void {
  for (const [name, rule] of Object.entries(template.Rules ?? {})) {
    if (rule.RuleCondition !== undefined && !evaluateCondition(rule.RuleCondition, environment)) continue;
    for (const { Assert: assertion, AssertDescription: description } of rule.Assertions) {
      if (!evaluateCondition(assertion, environment))
        throw templateError(`Rule ${name} is not met: ${description ?? JSON.stringify(assertion)}`);
    }
  }
}

function evaluateCondition(definition: unknown, environment: Environment): boolean {
  if (typeof definition === "boolean") return definition;
  const entries = Object.entries((definition ?? {}) as object);
  if (entries.length !== 1) throw templateError(`${JSON.stringify(definition)} is not a condition`);
  const [name, argument] = entries[0]! as [string, any];
  switch (name) {
    case "Condition":
      return environment.condition(argument);
    case "Fn::Equals": {
      const [left, right] = argument.map((each: unknown) => evaluate(each, environment));
      return String(left) === String(right);
    }
    case "Fn::And":
      return argument.every((each: unknown) => evaluateCondition(each, environment));
    case "Fn::Or":
      return argument.some((each: unknown) => evaluateCondition(each, environment));
    case "Fn::Not":
      return !evaluateCondition(argument[0], environment);
    case "Fn::Contains": {
      const [list, value] = argument.map((each: unknown) => evaluate(each, environment));
      return (list as unknown[]).map(String).includes(String(value));
    }
    default:
      throw templateError(`the local AWS does not support the condition function ${name}`);
  }
}
