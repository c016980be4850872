/**
 * Whether two template values are equal. The order of keys does not matter, nor whether a scalar is text (`80` and
 * `"80"`). The order of lists matters, as for CloudFormation.
 */
export function sameValue(left: unknown, right: unknown): boolean {
  return canonical(left) === canonical(right);
}

/** Returns the names of the top-level properties that differ. */
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
