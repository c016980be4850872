/**
 * Converts ECS's and ECR's PascalCase members of CloudFormation to the camelCase of their APIs. Keys below a member of
 * `verbatim` are the user's own names and stay unchanged.
 */
export function camelCase(value: unknown, verbatim: readonly string[] = []): any {
  if (Array.isArray(value)) return value.map((each) => camelCase(each, verbatim));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [
    key.charAt(0).toLowerCase() + key.slice(1),
    verbatim.includes(key) ? each : camelCase(each, verbatim),
  ]);
  return Object.fromEntries(entries);
}
