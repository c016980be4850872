import { describe, expect, it } from "vitest";
import * as names from "../src/names.ts";
import { INTERNAL_HEADERS } from "../src/names.ts";
import { keepHeaderPin, pinRequest } from "../src/pin-request.ts";
import { aRequest, CURRENT, OLD } from "./support/events.ts";

const on = { protect: true, explain: true };

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
});

describe("keepHeaderPin()", () => {
  it("keeps a header pin and drops every forgery", () => {
    const request = aRequest({
      headers: { "x-lockstep-version": CURRENT, "x-lockstep-carrier": "cookie", "x-lockstep-served": "1" },
    });
    expect(keepHeaderPin(request, true).headers).toEqual({
      host: { value: "d111.cloudfront.net" },
      "x-lockstep-version": { value: CURRENT },
    });
  });
});

describe("INTERNAL_HEADERS", () => {
  it("holds every header name of ours", () => {
    const ours = Object.values(names).filter(
      (name) => typeof name === "string" && name.startsWith("x-lockstep-"),
    );
    expect(ours.length).toBeGreaterThan(5);
    expect(new Set(INTERNAL_HEADERS)).toEqual(new Set([...ours, "x-forwarded-host"]));
  });
});
