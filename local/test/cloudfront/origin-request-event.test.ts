import { describe, expect, it } from "vitest";
import type { CustomOrigin } from "../../src/cloudfront/configuration/distribution.ts";
import { type EdgeRequest, newFields } from "../../src/cloudfront/exchange/exchange.ts";
import {
  originRequestEvent,
  readOriginRequestResult,
} from "../../src/cloudfront/functions/origin-request-event.ts";

const origin: CustomOrigin = {
  kind: "custom",
  id: "api",
  domainName: "origin.example.com",
  path: "",
  customHeaders: new Map([["x-secret", "s"]]),
  connectionAttempts: 3,
  connectionTimeoutMs: 10_000,
  protocol: "http",
  port: 80,
  readTimeoutSeconds: 30,
  keepaliveTimeoutSeconds: 5,
  sslProtocols: ["TLSv1.2"],
};
const request: EdgeRequest = {
  id: "r1",
  ip: "192.0.2.1",
  httpVersion: "1.1",
  method: "GET",
  path: "/api/x",
  query: "a=1",
  fields: newFields({
    host: ["viewer"],
    via: ["1.1 d (CloudFront)"],
    "if-none-match": ['"1"'],
    cookie: ["a=1; b=2"],
  }),
  body: undefined,
  upgrade: false,
};

function returned(change: Record<string, unknown> = {}): any {
  const { Records } = structuredClone(originRequestEvent({ id: "E1", domainName: "d" }, request, origin));
  return { ...Records[0]!.cf.request, ...change };
}

function withHeaders(headers: Record<string, unknown>) {
  return returned({ headers: { ...returned().headers, ...headers } });
}

describe("originRequestEvent()", () => {
  it("has the documented structure", () => {
    expect(originRequestEvent({ id: "E1", domainName: "d" }, request, origin).Records[0]!.cf).toEqual({
      config: {
        distributionDomainName: "d",
        distributionId: "E1",
        eventType: "origin-request",
        requestId: "r1",
      },
      request: {
        clientIp: "192.0.2.1",
        headers: {
          host: [{ key: "Host", value: "viewer" }],
          via: [{ key: "Via", value: "1.1 d (CloudFront)" }],
          "if-none-match": [{ key: "If-None-Match", value: '"1"' }],
          cookie: [{ key: "Cookie", value: "a=1; b=2" }],
        },
        method: "GET",
        origin: {
          custom: {
            customHeaders: { "x-secret": [{ key: "X-Secret", value: "s" }] },
            domainName: "origin.example.com",
            keepaliveTimeout: 5,
            path: "",
            port: 80,
            protocol: "http",
            readTimeout: 30,
            sslProtocols: ["TLSv1.2"],
          },
        },
        querystring: "a=1",
        uri: "/api/x",
      },
    });
  });
});

describe("readOriginRequestResult()", () => {
  it("accepts an unchanged request", () => {
    expect(readOriginRequestResult(request, origin, returned())).toEqual({
      kind: "request",
      request,
      origin,
    });
  });

  it("accepts a changed Host", () => {
    const result = readOriginRequestResult(
      request,
      origin,
      withHeaders({ host: [{ key: "Host", value: "v1.shop.internal" }] }),
    );
    expect(result).toMatchObject({ kind: "request", request: { fields: { host: ["v1.shop.internal"] } } });
  });

  it("accepts the removal of the origin's custom headers", () => {
    const custom = { ...returned().origin.custom, customHeaders: {} };
    const result = readOriginRequestResult(request, origin, returned({ origin: { custom } }));
    expect(result).toMatchObject({ kind: "request", origin: { customHeaders: new Map() } });
  });

  it("accepts a generated response", () => {
    const answer = {
      status: "409",
      statusDescription: "Conflict",
      headers: { "content-type": [{ value: "application/json" }] },
      body: "{}",
    };
    expect(readOriginRequestResult(request, origin, answer)).toEqual({
      kind: "response",
      status: 409,
      reason: "Conflict",
      fields: newFields({ "content-type": ["application/json"] }),
      body: Buffer.from("{}"),
    });
  });

  it.each([
    ["nothing", undefined, /returned undefined/],
    ["a status that is a number", { status: 409 }, /status must be a string/],
    ["a body over 1 MB", { status: "200", body: "x".repeat(1024 * 1024 + 1) }, /1048577 bytes/],
    ["a changed Via", withHeaders({ via: [{ key: "Via", value: "x" }] }), /via is read-only/],
    ["a removed condition", withHeaders({ "if-none-match": [] }), /if-none-match is read-only/],
    [
      "an added Transfer-Encoding",
      withHeaders({ "transfer-encoding": [{ value: "chunked" }] }),
      /transfer-encoding is read-only/,
    ],
    [
      "X-Forwarded-Proto",
      withHeaders({ "x-forwarded-proto": [{ value: "https" }] }),
      /x-forwarded-proto may not be added/,
    ],
    [
      "a custom header of the origin",
      withHeaders({ "x-secret": [{ value: "s" }] }),
      /x-secret is in the request and/,
    ],
    ["a key with a different name", withHeaders({ "x-a": [{ key: "X-B", value: "1" }] }), /a different name/],
    ["a header without a list", withHeaders({ "x-a": "1" }), /not a list/],
    ["an upper-case name", withHeaders({ "X-A": [{ value: "1" }] }), /lower case/],
    ["a changed method", returned({ method: "POST" }), /method/],
    ["a body", returned({ body: { data: "" } }), /IncludeBody/],
    ["another kind of origin", returned({ origin: { s3: {} } }), /changing the kind of origin/],
    ["an invalid port", returned({ origin: { custom: { ...returned().origin.custom, port: 22 } } }), /port/],
  ])("refuses %s", (_, result, reason) => {
    expect(readOriginRequestResult(request, origin, result)).toEqual({
      kind: "invalid",
      reason: expect.stringMatching(reason),
    });
  });
});
