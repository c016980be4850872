/**
 * Whether two template values mean the same: the order of keys does not count, nor whether a scalar is written as text
 * (`80` and `"80"`). The order of lists does, as for CloudFormation.
 */
export function sameValue(left: unknown, right: unknown): boolean {
  return canonical(left) === canonical(right);
}

/** Names of the top-level properties in which two resources differ. */
export function changedNames(
  before: Record<string, unknown>,
  after: Record<string, unknown>,
): ReadonlySet<string> {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return new Set([...names].filter((name) => !sameValue(before[name], after[name])));
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(String(value));
  const entries = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(",")}}`;
}
