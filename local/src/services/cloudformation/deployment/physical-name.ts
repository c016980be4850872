import type { NameRules } from "../providers/provider.ts";

const DEFAULT_MAX = 64;

/**
 * Returns `<stack>-<logical id>-<suffix>`. A long name loses characters of its first two parts, never of the unique
 * suffix.
 */
export function physicalName(
  stackName: string,
  logicalId: string,
  suffix: string,
  rules: NameRules = {},
): string {
  const room = (rules.max ?? DEFAULT_MAX) - suffix.length - 2;
  const forStack = Math.max(Math.min(stackName.length, Math.floor(room / 2)), room - logicalId.length);
  const stackPart = stackName.slice(0, forStack).replace(/-+$/, "");
  const logicalPart = logicalId.slice(0, room - stackPart.length);
  const name = `${stackPart}-${logicalPart}-${suffix}`;
  return rules.lowerCase ? name.toLowerCase() : name;
}
