/**
 * CloudFormation writes ECS's and ECR's members in PascalCase, the API in camelCase. Keys below a member of `verbatim`
 * are names of the user's own and stay as they are.
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
