import type { Value } from "./function-event.ts";
import type { Carrier } from "./names.ts";
import { isVersionId } from "./version-id.ts";

/** The version that a request names, and how it named it. */
export interface Pin {
  id: string;
  carrier: Carrier;
}

/** Returns the first valid version id among the values of a name. */
export function firstVersionId(entry: Value): string | undefined {
  const all = entry.multiValue;
  if (!all) return isVersionId(entry.value) ? entry.value : undefined;
  for (let i = 0; i < all.length; i++) {
    const one = all[i];
    if (one && isVersionId(one.value)) return one.value;
  }
  return undefined;
}
