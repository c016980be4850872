import type { FunctionRequest, FunctionResponse } from "@lockstep/edge/function-event";
import { isPageLoad } from "@lockstep/edge/is-document";
import { CURRENT } from "@lockstep/edge/test/events";
import { isVersionId } from "@lockstep/edge/version-id";
import { expect } from "vitest";

// Properties of each function's answer that hold for every event.

/** `toEqual`, but cheap for equal values, which the million-event runs compare. */
function expectSame(actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) expect(actual).toEqual(expected);
}

/** pin-document: the path is inside a build; in another build than current only if the viewer named it. */
export function expectInsideBuilds(before: FunctionRequest, answer: any): void {
  expect(answer).not.toHaveProperty("statusCode");
  const [, builds, id, ...file] = new URL(answer.uri, "http://host").pathname.split("/");
  expectSame([builds, isVersionId(id)], ["builds", true]);
  expect(file.length).toBeGreaterThan(0);
  expect(answer.uri).toMatch(/^[!$%&'()*+,\-./0-9:;=@A-Z_a-z~]+$/);
  if (id !== CURRENT) expect(before.uri.replace(/%2f|%5c|\\/gi, "/")).toContain(id);
}

/** pin-page: as pin-document, or a short answer that no cache keeps. */
export function expectServed(before: FunctionRequest, answer: any): void {
  if (answer.statusCode === undefined) {
    expectInsideBuilds(before, answer);
    return;
  }
  expect([302, 404]).toContain(answer.statusCode);
  expectSame(answer.headers["cache-control"], { value: "no-store" });
  if (answer.statusCode === 302) expect(answer.headers.location.value).toMatch(/^\/(?!\/)[\w\-.~!*'()/%]*$/);
}

/** pin-document with a pointer that Lockstep never writes: a 503, or still a path below /builds/. */
export function expectBuildsOrNothing(_before: FunctionRequest, answer: any): void {
  if (answer.statusCode !== undefined) expect(answer.statusCode).toBe(503);
  else expect(answer.uri.startsWith("/builds/2")).toBe(true);
}

/** status: the pointer's body or the unknown status; never long, always readable by a page. */
export function expectStatus(before: FunctionRequest, answer: any): void {
  expect(answer.statusCode).toBe(before.method === "GET" || before.method === "HEAD" ? 200 : 405);
  expect(answer.body.length).toBeLessThanOrEqual(300);
  expectSame(answer.headers["cache-control"], { value: "no-store" });
  if (before.method === "GET") expect(answer.body).toMatch(/^\{"r":[\w\-{}":,. ]*\}$/);
}

/** stamp: the cookie changes only on page loads that succeeded (200, 304), and to the page's own version. */
export function expectStamped(request: FunctionRequest, response: FunctionResponse, answer: any): void {
  const { "x-amz-meta-lockstep-version": stamp, ...headers } = response.headers!;
  expectSame(answer.headers, headers);
  const { "__Host-lockstep": cookie, ...others } = answer.cookies;
  expectSame(others, response.cookies);
  if (cookie === undefined) return;
  expectSame([isPageLoad(request), [200, 304].includes(response.statusCode)], [true, true]);
  const sources = [stamp, response.statusCode === 304 ? request.cookies["__Host-lockstep"] : undefined];
  const values = sources
    .flatMap((source) => [source, ...(source?.multiValue ?? [])])
    .map((one) => one?.value);
  expect(values).toContain(cookie.value);
  expect(cookie.attributes).toBe("Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=86400");
}

/**
 * stampAnswer: unchanged or no-store, depending only on the address; it adds to a Location only the pin of the request.
 */
export function expectStampedAnswer(request: FunctionRequest, response: FunctionResponse, answer: any): void {
  const { "cache-control": caching, location, ...headers } = answer.headers;
  const { "cache-control": cachingBefore, location: locationBefore, ...before } = response.headers!;
  expectSame([answer.statusCode, headers, answer.cookies], [response.statusCode, before, response.cookies]);
  const pin = request.querystring.lockstep;
  const ids = [pin, ...(pin?.multiValue ?? [])].map((one) => one?.value).filter(isVersionId);
  const isPinned = ids.length > 0 && request.headers["x-lockstep-version"] === undefined;
  expectSame(caching, isPinned ? cachingBefore : { value: "no-store" });
  if (JSON.stringify(location) === JSON.stringify(locationBefore)) return;
  expect(isPinned).toBe(true);
  expectSame(unpinned(location), unpinned(locationBefore));
}

/** Removes from a Location what stampAnswer adds. */
function unpinned(location: unknown): string {
  return JSON.stringify(location)
    .replaceAll(/\?lockstep=\d{8}-\d{6}-[0-9a-f]{7}(&|\b)/g, "?")
    .replaceAll(/\?(?=["#])/g, "");
}

/** heartbeat: an empty answer with only Lockstep's own headers. */
export function expectHeartbeat(response: FunctionResponse, answer: any): void {
  expectSame([answer.statusCode, answer.cookies, answer.body], [204, {}, ""]);
  expectSame(answer.headers["cache-control"], { value: "no-store" });
  for (const [name, value] of Object.entries(answer.headers)) {
    if (name === "cache-control") continue;
    expect(name).toMatch(/^(x-lockstep-.*|via|warning)$/);
    expectSame(value, response.headers![name]);
  }
}
