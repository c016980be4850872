import type { FunctionRequest, Value } from "./function-event.ts";
import { type Carrier, VERSION_COOKIE, VERSION_HEADER, VERSION_QUERY } from "./names.ts";
import { isVersionId } from "./version-id.ts";

/** The version that a request names, and how it named it. */
export interface Pin {
  id: string;
  carrier: Carrier;
}

/**
 * The version that a request names: header before query before cookie. A value that is not a version id is no pin, and
 * the next carrier is asked.
 */
export function choosePin(request: FunctionRequest): Pin | undefined {
  let id = firstVersionId(request.headers[VERSION_HEADER]);
  if (id !== undefined) return { id: id, carrier: "header" };
  id = firstVersionId(request.querystring[VERSION_QUERY]);
  if (id !== undefined) return { id: id, carrier: "query" };
  id = firstVersionId(request.cookies[VERSION_COOKIE]);
  if (id !== undefined) return { id: id, carrier: "cookie" };
  return undefined;
}

/** Of a name that was sent several times, the first value that is a version id. */
export function firstVersionId(entry: Value | undefined): string | undefined {
  if (!entry) return undefined;
  const all = entry.multiValue;
  if (!all) return isVersionId(entry.value) ? entry.value : undefined;
  for (let i = 0; i < all.length; i++) {
    const one = all[i];
    if (one && isVersionId(one.value)) return one.value;
  }
  return undefined;
}
