import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FunctionRequest } from "../src/function-event.ts";
import { keepHeaderPin, pinRequest } from "../src/pin-request.ts";
import { isVersionId } from "../src/version-id.ts";
import { aRequest, CURRENT, FUZZ_EVENTS, hostileRequest, OLD } from "./support/events.ts";

const on = { protect: true, explain: true };

/** What holds for a request that left pin-api, whatever came in. */
function expectClean(before: FunctionRequest, after: FunctionRequest): void {
  const { "x-lockstep-version": version, "x-lockstep-carrier": carrier, ...others } = after.headers;
  const sources: Record<string, unknown> = {
    header: before.headers["x-lockstep-version"],
    query: before.querystring.lockstep,
    cookie: before.cookies["__Host-lockstep"],
  };
  if (version === undefined) expect(carrier).toBeUndefined();
  else {
    expect(isVersionId(version.value)).toBe(true);
    expect(JSON.stringify(sources[carrier!.value])).toContain(version.value);
  }
  const isOurs = (name: string) => name.startsWith("x-lockstep-") || name === "x-forwarded-host";
  const kept = Object.entries(before.headers).filter(([name]) => !isOurs(name));
  const { "x-lockstep-explain": explain, ...plain } = others;
  expect(plain).toEqual(Object.fromEntries(kept));
  if (explain !== undefined)
    expect([explain, before.headers["x-lockstep-explain"]!.value]).toEqual([{ value: "1" }, "1"]);
  const { lockstep: _pin, ...query } = before.querystring;
  expect(after.querystring).toEqual(query);
  expect([after.method, after.uri, after.cookies]).toEqual([before.method, before.uri, before.cookies]);
}

describe("pinRequest()", () => {
  it("writes pin and carrier into headers", () => {
    const { headers, querystring } = pinRequest(aRequest({ query: { lockstep: OLD, q: "1" } }), on);
    expect(headers).toMatchObject({
      "x-lockstep-version": { value: OLD },
      "x-lockstep-carrier": { value: "query" },
    });
    expect(querystring).toEqual({ q: { value: "1" } });
  });

  it("drops what a viewer forged, and a pin that is no id", () => {
    const forged = {
      "x-lockstep-version": "latest",
      "x-lockstep-carrier": "cookie",
      "x-lockstep-outcome": "pinned",
      "x-lockstep-origin-secret": "guess",
      "x-forwarded-host": "evil.example",
    };
    expect(pinRequest(aRequest({ headers: forged }), on).headers).toEqual({
      host: { value: "d111.cloudfront.net" },
    });
  });

  it("chooses no pin when protection is off", () => {
    const request = aRequest({ headers: { "x-lockstep-version": OLD }, query: { lockstep: OLD } });
    const { headers, querystring } = pinRequest(request, { protect: false, explain: false });
    expect([Object.keys(headers), querystring]).toEqual([["host"], {}]);
  });

  it("lets the wish for an explanation through only when that is on", () => {
    const asked = () => aRequest({ headers: { "x-lockstep-explain": "1" } });
    expect(pinRequest(asked(), on).headers["x-lockstep-explain"]).toEqual({ value: "1" });
    expect(
      pinRequest(asked(), { protect: true, explain: false }).headers["x-lockstep-explain"],
    ).toBeUndefined();
  });

  it(`leaves nothing forged in ${FUZZ_EVENTS} hostile requests`, { timeout: 600_000 }, () => {
    fc.assert(
      fc.property(hostileRequest, (request) => {
        const before = structuredClone(request);
        expectClean(before, pinRequest(request, on));
      }),
      { numRuns: FUZZ_EVENTS },
    );
  });
});

describe("keepHeaderPin()", () => {
  it("keeps a header pin and drops every forgery", () => {
    const request = aRequest({
      headers: { "x-lockstep-version": CURRENT, "x-lockstep-carrier": "cookie", "x-lockstep-x": "1" },
    });
    expect(keepHeaderPin(request, true).headers).toEqual({
      host: { value: "d111.cloudfront.net" },
      "x-lockstep-version": { value: CURRENT },
      "x-lockstep-carrier": { value: "header" },
    });
  });
});
