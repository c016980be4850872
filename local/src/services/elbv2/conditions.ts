import type { RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Condition } from "../../alb/conditions.ts";
import { notImplemented } from "../../aws-error.ts";
import { refuseUnknown } from "../known-members.ts";
import { invalid, required } from "./input.ts";

/** Maximum number of values in all conditions of one rule (ALB quota, not adjustable). */
const VALUES_PER_RULE = 5;
/** Maximum length of a condition's value, in characters (ELBv2 API reference, `RuleCondition`). */
const VALUE_MAX_CHARACTERS = 128;
const HEADER_NAME_MAX_CHARACTERS = 40;

const CONFIGS: Record<string, "HostHeaderConfig" | "PathPatternConfig" | "HttpHeaderConfig"> = {
  "host-header": "HostHeaderConfig",
  "path-pattern": "PathPatternConfig",
  "http-header": "HttpHeaderConfig",
};

/**
 * Checks the conditions of a rule and returns them as AWS does: hosts and paths in both forms (`Values` and the field's
 * own config), headers only in their config.
 */
export function normalizeConditions(action: string, input: RuleCondition[] | undefined): RuleCondition[] {
  const conditions = required(input, "Conditions").map((condition) => normalize(action, condition));
  if (conditions.length === 0) throw invalid("A condition must be specified");
  for (const field of ["host-header", "path-pattern"]) {
    if (conditions.filter((condition) => condition.Field === field).length > 1)
      throw invalid(`A rule can only have one '${field}' condition`);
  }
  const values = conditions.reduce((sum, condition) => sum + valuesOf(condition).length, 0);
  if (values > VALUES_PER_RULE) throw invalid(`A rule can only have '${VALUES_PER_RULE}' condition values`);
  return conditions;
}

/** Converts a returned condition for the data plane. */
export function toCondition(condition: RuleCondition): Condition {
  const values = valuesOf(condition);
  if (condition.Field === "http-header")
    return { field: "http-header", name: condition.HttpHeaderConfig!.HttpHeaderName!, values };
  return { field: condition.Field as "host-header" | "path-pattern", values };
}

function valuesOf(condition: RuleCondition): string[] {
  return condition.Values ?? condition.HttpHeaderConfig?.Values ?? [];
}

function normalize(action: string, condition: RuleCondition): RuleCondition {
  const field = required(condition.Field, "Condition.Field");
  const member = CONFIGS[field];
  if (member === undefined) throw notImplemented(`elbv2:${action} with a '${field}' condition`);
  refuseUnknown(`elbv2:${action}`, condition, ["Field", "Values", ...Object.values(CONFIGS)]);
  const config = condition[member];
  if (config !== undefined) refuseUnknown(`elbv2:${action}`, config, ["Values", "HttpHeaderName"]);
  if (condition.Values?.length && config?.Values?.length)
    throw invalid(`You cannot specify both Values and ${member} for the condition '${field}'`);
  const values = config?.Values ?? condition.Values ?? [];
  if (values.length === 0) throw invalid(`A condition value must be specified for the condition '${field}'`);
  for (const value of values) checkValue(field, value);
  if (field !== "http-header") return { Field: field, Values: values, [member]: { Values: values } };
  return { Field: field, HttpHeaderConfig: { HttpHeaderName: headerName(condition), Values: values } };
}

function headerName(condition: RuleCondition): string {
  const name = required(condition.HttpHeaderConfig?.HttpHeaderName, "HttpHeaderName");
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || name.length > HEADER_NAME_MAX_CHARACTERS)
    throw invalid(
      `The HTTP header name '${name}' is not valid (at most ${HEADER_NAME_MAX_CHARACTERS} characters)`,
    );
  if (name.toLowerCase() === "host")
    throw invalid("An http-header condition cannot name 'Host'; use a host-header condition");
  return name;
}

function checkValue(field: string, value: string): void {
  if (value === "" || value.length > VALUE_MAX_CHARACTERS)
    throw invalid(
      `A value of the condition '${field}' has ${value.length} characters; 1 to ${VALUE_MAX_CHARACTERS} are allowed`,
    );
  if (field === "host-header" && !isHostPattern(value))
    throw invalid(
      `The value '${value}' of a host-header condition is not valid: letters, digits, '-', '.', '*' and '?' only, ` +
        "at least one '.', and only letters after the last one",
    );
  if (field === "path-pattern" && !/^[A-Za-z0-9_\-.$/~"'@:+&*?]+$/.test(value))
    throw invalid(`The value '${value}' of a path-pattern condition is not valid`);
}

/**
 * Whether AWS accepts a host pattern. `*` is the only pattern without a dot. After the last dot, wildcards count as
 * letters.
 */
function isHostPattern(value: string): boolean {
  return value === "*" || (/^[A-Za-z0-9.*?-]+$/.test(value) && /\.[A-Za-z*?]+$/.test(value));
}
