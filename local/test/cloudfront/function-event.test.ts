import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type EdgeRequest, newFields } from "../../src/cloudfront/exchange/exchange.ts";
import {
  formatCookies,
  formatQuery,
  formatSetCookies,
  parseCookies,
  parseQuery,
  parseSetCookies,
  viewerRequestEvent,
  viewerResponseEvent,
} from "../../src/cloudfront/functions/function-event.ts";

const distribution = { id: "E123", domainName: "d123.cloudfront.net" };

function request(change: Partial<EdgeRequest>): EdgeRequest {
  return {
    id: "id-1",
    ip: "192.0.2.1",
    httpVersion: "1.1",
    method: "GET",
    path: "/a%20b",
    query: "",
    fields: newFields({ host: ["example.com"] }),
    body: undefined,
    upgrade: false,
    ...change,
  };
}

describe("viewerRequestEvent()", () => {
  it("has the documented structure", () => {
    const fields = newFields({
      host: ["example.com"],
      accept: ["text/html", "*/*"],
      cookie: ["a=1; b=2; a=3"],
    });
    expect(viewerRequestEvent(distribution, request({ query: "x=1&y&x=%20", fields }))).toEqual({
      version: "1.0",
      context: {
        distributionDomainName: "d123.cloudfront.net",
        distributionId: "E123",
        eventType: "viewer-request",
        requestId: "id-1",
      },
      viewer: { ip: "192.0.2.1" },
      request: {
        method: "GET",
        uri: "/a%20b",
        querystring: {
          x: { value: "1", multiValue: [{ value: "1" }, { value: "%20" }] },
          y: { value: "" },
        },
        headers: {
          host: { value: "example.com" },
          accept: { value: "text/html", multiValue: [{ value: "text/html" }, { value: "*/*" }] },
        },
        cookies: { a: { value: "1", multiValue: [{ value: "1" }, { value: "3" }] }, b: { value: "2" } },
      },
    });
  });

  it("omits headers that functions may not see", () => {
    const fields = newFields({
      host: ["h"],
      "x-forwarded-proto": ["http"],
      "x-amz-cf-id": ["1"],
      "x-edge-a": ["1"],
    });
    expect(Object.keys(viewerRequestEvent(distribution, request({ fields })).request.headers)).toEqual([
      "host",
    ]);
  });
});

describe("viewerResponseEvent()", () => {
  it("has Set-Cookie lines in cookies, with their attributes", () => {
    const fields = newFields({ "content-type": ["text/html"], "set-cookie": ["a=1; Path=/; Secure", "b=2"] });
    const event = viewerResponseEvent(distribution, request({}), { status: 200, reason: "OK", fields });
    expect(event.context.eventType).toBe("viewer-response");
    expect(event.response).toEqual({
      statusCode: 200,
      statusDescription: "OK",
      headers: { "content-type": { value: "text/html" } },
      cookies: { a: { value: "1", attributes: "Path=/; Secure" }, b: { value: "2" } },
    });
  });
});

describe("a query string", () => {
  const names = fc.stringMatching(/^[a-z_%0-9]{1,5}$/);
  const values = fc.stringMatching(/^[a-z0-9%+=]{0,6}$/);

  it("keeps the order of each name's values", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(names, values)), (pairs) => {
        const query = pairs.map(([name, value]) => `${name}=${value}`).join("&");
        const back = formatQuery(parseQuery(query)).split("&").filter(Boolean);
        expect([...back].sort()).toEqual(query.split("&").filter(Boolean).sort());
      }),
    );
  });

  it("may have a parameter named __proto__", () => {
    expect(formatQuery(parseQuery("__proto__=1&constructor=2&__proto__=3"))).toBe(
      "__proto__=1&__proto__=3&constructor=2",
    );
  });
});

describe("cookies", () => {
  it("come from several lines, are split at the first equals sign, and are trimmed", () => {
    expect(formatCookies(parseCookies(["a=1;  b=x=y", "c"]))).toBe("a=1; b=x=y; c=");
  });

  it("of a response become one line each", () => {
    const lines = ["a=1; Path=/", "a=2; Path=/x", "b="];
    expect(formatSetCookies(parseSetCookies(lines))).toEqual(lines);
  });
});
