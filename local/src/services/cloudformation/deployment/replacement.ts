import type { ResourceProvider } from "../providers/provider.ts";

/** Whether a change of these top-level properties requires a new physical resource. */
export function mustReplace(provider: ResourceProvider, changed: ReadonlySet<string>): boolean {
  if (changed.size === 0) return false;
  return provider.update === undefined || [...changed].some((name) => replaces(provider, name));
}

/** Whether a change of this property requires a new physical resource. */
export function replaces(provider: ResourceProvider, property: string): boolean {
  return (
    provider.replacedBy === "any" || provider.update === undefined || provider.replacedBy.includes(property)
  );
}
