import { hub, tell } from "./watch.ts";

/** Whether requests of this method change something. */
export function isWrite(method: unknown): boolean {
  return method !== undefined && !/^(get|head|options)$/i.test(`${method}`);
}

/** @param request identifies the request until `endWrite()` */
export function beginWrite(request: object): void {
  hub.writes.set(request, performance.now());
}

/** @param saved a service has accepted it */
export function endWrite(request: object, saved = false): void {
  const begun = hub.writes.get(request);
  if (begun === undefined) return;
  hub.writes.delete(request);
  if (saved) hub.savedAt = Math.max(hub.savedAt, begun);
  tell();
}
