import { describe, expect, it } from "vitest";
import type { FunctionEvent } from "../../src/cloudfront/functions/function-event.ts";
import { validateFunctionResult } from "../../src/cloudfront/functions/validate-function-result.ts";

const event: FunctionEvent = {
  version: "1.0",
  context: { distributionDomainName: "d", distributionId: "E", eventType: "viewer-request", requestId: "r" },
  viewer: { ip: "192.0.2.1" },
  request: { method: "GET", uri: "/", querystring: {}, headers: { host: { value: "h" } }, cookies: {} },
};
const answered: FunctionEvent = {
  ...event,
  context: { ...event.context, eventType: "viewer-response" },
  response: { statusCode: 200, headers: { "content-length": { value: "3" } }, cookies: {} },
};

function request(change: Record<string, unknown>) {
  return { ...event.request, ...change };
}

describe("validateFunctionResult() at viewer-request", () => {
  it("accepts a changed request", () => {
    const result = request({ uri: "/x", headers: { host: { value: "h" }, "x-a": { value: "1" } } });
    expect(validateFunctionResult(event, result)).toMatchObject({ kind: "request", request: { uri: "/x" } });
  });

  it("accepts a generated response", () => {
    const result = {
      statusCode: 302,
      headers: { location: { value: "/" } },
      cookies: { a: { value: "1", attributes: "Path=/" } },
    };
    expect(validateFunctionResult(event, result)).toMatchObject({ kind: "response" });
  });

  it.each([
    ["nothing", undefined, /returned undefined/],
    ["a string", "x", /returned string/],
    ["another method", request({ method: "POST" }), /method/],
    ["a uri without a slash", request({ uri: "x" }), /uri/],
    ["a uri with a query", request({ uri: "/x?y" }), /uri/],
    ["another host", request({ headers: { host: { value: "evil" } } }), /host is read-only/],
    ["no host", request({ headers: {} }), /host is read-only/],
    ["a new via", request({ headers: { host: { value: "h" }, via: { value: "1" } } }), /via is read-only/],
    [
      "a disallowed header",
      request({ headers: { host: { value: "h" }, "x-real-ip": { value: "1" } } }),
      /x-real-ip/,
    ],
    [
      "an upper-case header",
      request({ headers: { host: { value: "h" }, "X-A": { value: "1" } } }),
      /lower case/,
    ],
    ["a header that is a string", request({ headers: { host: "h" } }), /headers\["host"\]/],
    [
      "a header that is a number",
      request({ headers: { host: { value: "h" }, "x-a": { value: 1 } } }),
      /not a string/,
    ],
    [
      "a cookie header",
      request({ headers: { host: { value: "h" }, cookie: { value: "a=1" } } }),
      /request.cookies/,
    ],
    [
      "a line break",
      request({ headers: { host: { value: "h" }, "x-a": { value: "1\r\nx: y" } } }),
      /line break/,
    ],
    ["a status that is text", { statusCode: "200" }, /statusCode/],
    ["a body that is an object", { statusCode: 200, body: { a: 1 } }, /body/],
    [
      "a set-cookie header",
      { statusCode: 200, headers: { "set-cookie": { value: "a=1" } } },
      /response.cookies/,
    ],
  ])("refuses %s", (_, result, reason) => {
    expect(validateFunctionResult(event, result)).toEqual({
      kind: "invalid",
      reason: expect.stringMatching(reason),
    });
  });
});

describe("validateFunctionResult() at viewer-response", () => {
  it("accepts changed headers and cookies", () => {
    const result = {
      ...answered.response,
      headers: { ...answered.response!.headers, "x-a": { value: "1" } },
    };
    expect(validateFunctionResult(answered, result)).toMatchObject({ kind: "response" });
  });

  it.each([
    ["another length", { ...answered.response, headers: {} }, /content-length is read-only/],
    ["a request", answered.request, /statusCode/],
  ])("refuses %s", (_, result, reason) => {
    expect(validateFunctionResult(answered, result)).toEqual({
      kind: "invalid",
      reason: expect.stringMatching(reason),
    });
  });
});
