import type { Value } from "./function-event.ts";
import type { Carrier } from "./names.ts";
import { isVersionId } from "./version-id.ts";

/** The version that a request names, and how it named it. */
export interface Pin {
  id: string;
  carrier: Carrier;
}

/** Of a name that was sent several times, the first value that is a version id. */
export function firstVersionId(entry: Value): string | undefined {
  const all = entry.multiValue;
  if (!all) return isVersionId(entry.value) ? entry.value : undefined;
  for (let i = 0; i < all.length; i++) {
    const one = all[i];
    if (one && isVersionId(one.value)) return one.value;
  }
  return undefined;
}
