import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ask, behavior, createWorld, list, type World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.close());

/** A distribution with one function at viewer-request. The origin responds with the request that it got, as JSON. */
async function withViewerRequest(code: string, kvs?: string): Promise<string> {
  world.origin.handler = (request, response) =>
    response.end(JSON.stringify({ url: request.url, headers: request.headers }));
  const association = await world.edgeFunction("viewer-request", code, kvs);
  const { urls } = await world.distribute({
    DefaultCacheBehavior: behavior({ FunctionAssociations: list(association) }),
  });
  return urls[0]!;
}

describe("a viewer-request function", () => {
  it("changes headers, cookies, query and path of the request to the origin", async () => {
    const url = await withViewerRequest(`function handler(event) {
      var request = event.request;
      request.uri = '/rewritten' + request.uri;
      request.headers['x-pin'] = { value: request.cookies.pin.value };
      delete request.headers['x-forged'];
      delete request.cookies.pin;
      request.querystring.added = { value: '1' };
      return request;
    }`);
    const { body } = await ask(`${url}/a?b=2`, {
      headers: { cookie: "pin=v1; other=2", "x-forged": "evil" },
    });
    const seen = JSON.parse(body);
    expect(seen.url).toBe("/rewritten/a?b=2&added=1");
    expect(seen.headers).toMatchObject({ "x-pin": "v1", cookie: "other=2" });
    expect(seen.headers).not.toHaveProperty("x-forged");
  });

  it("makes CloudFront rebuild query and cookies, even if it changes nothing", async () => {
    const url = await withViewerRequest("function handler(event) { return event.request; }");
    const { body } = await ask(`${url}/a%2Fb//c?x&y=%20&x=+1&&`, { headers: { cookie: "a=1;b=2 ;; c" } });
    expect(JSON.parse(body)).toMatchObject({
      url: "/a%2Fb//c?x=&x=+1&y=%20",
      headers: { cookie: "a=1; b=2; c=" },
    });
  });

  it("can read the query as the viewer sent it", async () => {
    const url = await withViewerRequest(`function handler(event) {
      const raw = event.request.rawQueryString();
      return { statusCode: 200, statusDescription: "OK", headers: {}, body: raw === undefined ? "none" : JSON.stringify(raw) };
    }`);
    for (const [query, raw] of [
      ["?x&y=%20&x=+1&&", '"x&y=%20&x=+1&&"'],
      ["?", '""'],
      ["", "none"],
    ] as const)
      expect((await ask(`${url}/a${query}`)).body).toBe(raw);
  });

  it("sees names that objects inherit as the viewer sent them", async () => {
    const url = await withViewerRequest("function handler(event) { return event.request; }");
    const { body } = await ask(`${url}/a?__proto__=1&constructor=2`, {
      headers: { constructor: "3", cookie: "__proto__=4; toString=5" },
    });
    expect(JSON.parse(body)).toMatchObject({
      url: "/a?__proto__=1&constructor=2",
      headers: { constructor: "3", cookie: "__proto__=4; toString=5" },
    });
  });

  it("cannot change the behavior, which the viewer's path selects", async () => {
    const code = "function handler(event) { event.request.uri = '/api/x'; return event.request; }";
    const association = await world.edgeFunction("viewer-request", code);
    world.origin.handler = (request, response) => response.end(`default ${request.url}`);
    const { urls } = await world.distribute({
      DefaultCacheBehavior: behavior({ FunctionAssociations: list(association) }),
      CacheBehaviors: list(behavior({ PathPattern: "/api/*", AllowedMethods: list("GET", "HEAD") })),
    });
    expect((await ask(`${urls[0]}/page`)).body).toBe("default /api/x");
    expect((await ask(`${urls[0]}/page`, { method: "POST" })).status).toBe(200);
    expect((await ask(`${urls[0]}/api/x`, { method: "POST" })).status).toBe(403);
    expect((await ask(`${urls[0]}/API/x`, { method: "POST" })).status).toBe(200);
    expect((await ask(`${urls[0]}/page/../api/x`, { method: "POST" })).status).toBe(403);
  });

  it("can respond without the origin, and then no viewer-response function runs", async () => {
    const generate = await world.edgeFunction(
      "viewer-request",
      `function handler() { return { statusCode: 200, statusDescription: 'Fine', headers: { 'x-a': { value: '1' } },
        cookies: { c: { value: '1', attributes: 'Path=/' } }, body: { encoding: 'base64', data: 'aGVsbG8=' } }; }`,
    );
    const fail = await world.edgeFunction(
      "viewer-response",
      "function handler() { throw new Error('ran'); }",
    );
    const { urls } = await world.distribute({
      DefaultCacheBehavior: behavior({ FunctionAssociations: list(generate, fail) }),
    });
    const { status, headers, body } = await ask(`${urls[0]}/`);
    expect({ status, body }).toEqual({ status: 200, body: "hello" });
    expect(headers).toMatchObject({
      "x-a": "1",
      "set-cookie": ["c=1; Path=/"],
      "x-cache": "FunctionGeneratedResponse from cloudfront",
    });
    expect(world.origin.requests).toHaveLength(0);
  });

  it.each([
    ["throws", "function handler() { throw new Error('boom'); }", 503, "FunctionExecutionError"],
    ["rejects", "async function handler() { throw new Error('boom'); }", 503, "FunctionExecutionError"],
    ["does not compile", "function handler( {", 503, "FunctionExecutionError"],
    ["has no handler", "var x = 1;", 503, "FunctionExecutionError"],
    ["returns nothing", "function handler() {}", 502, "FunctionValidationError"],
    [
      "edits Host",
      "function handler(e) { e.request.headers.host.value = 'x'; return e.request; }",
      502,
      "FunctionValidationError",
    ],
    [
      "assigns an undeclared variable",
      "function handler(e) { leaked = 1; return e.request; }",
      503,
      "FunctionExecutionError",
    ],
    [
      "evaluates text",
      "function handler(e) { (function(){}).constructor('return 1')(); return e.request; }",
      503,
      "FunctionExecutionError",
    ],
    [
      "sets a timer",
      "function handler(e) { setTimeout(function(){}, 1); return e.request; }",
      503,
      "FunctionExecutionError",
    ],
    [
      "reads process",
      "function handler(e) { process.env; return e.request; }",
      503,
      "FunctionExecutionError",
    ],
    ["uses a Map", "function handler(e) { new Map(); return e.request; }", 503, "FunctionExecutionError"],
    [
      "uses a KeyValueStore without an association",
      "import cf from 'cloudfront';\nconst kvs = cf.kvs();\nfunction handler(e) { return e.request; }",
      503,
      "FunctionExecutionError",
    ],
  ])("that %s answers %s to the viewer", async (_, code, status, cacheResult) => {
    const url = await withViewerRequest(code);
    const answer = await ask(url);
    expect(answer.status).toBe(status);
    expect(answer.headers["x-cache"]).toBe(`${cacheResult} from cloudfront`);
    expect(world.origin.requests).toHaveLength(0);
  });

  it("starts every call with new module state and a fixed time", async () => {
    const url = await withViewerRequest(`let calls = 0;
      function handler(event) {
        calls += 1;
        const start = Date.now();
        for (let i = 0; i < 100000; i++) {}
        event.request.headers['x-seen'] = { value: [calls, Date.now() - start, new Date().toISOString()].join() };
        return event.request;
      }`);
    for (const expected of ["1,0,2026-11-23T10:00:00.000Z", "1,0,2026-11-23T10:00:00.000Z"])
      expect(JSON.parse((await ask(url)).body).headers["x-seen"]).toBe(expected);
  });

  it("runs new code as soon as it is published", async () => {
    const url = await withViewerRequest("function handler() { return { statusCode: 201 }; }");
    expect((await ask(url)).status).toBe(201);
    const { ETag, FunctionSummary } = await world.call("DescribeFunction", { Name: "function-1" });
    const changed = await world.call("UpdateFunction", {
      Name: "function-1",
      IfMatch: ETag,
      FunctionConfig: FunctionSummary.FunctionConfig,
      FunctionCode: Buffer.from("function handler() { return { statusCode: 202 }; }"),
    });
    expect((await ask(url)).status).toBe(201);
    await world.call("PublishFunction", { Name: "function-1", IfMatch: changed.ETag });
    expect((await ask(url)).status).toBe(202);
  });
});

describe("the KeyValueStore of a function", () => {
  const code = `import cf from 'cloudfront';
    const kvs = cf.kvs();
    async function handler(event) {
      const request = event.request;
      request.headers['x-current'] = { value: await kvs.get('current') };
      request.headers['x-floor'] = { value: String(await kvs.exists('floor')) };
      return request;
    }`;

  it("is read at every call, and get() throws for a missing key", async () => {
    const { KeyValueStore } = await world.call("CreateKeyValueStore", { Name: "pointer" });
    const KvsARN = KeyValueStore.ARN;
    const url = await withViewerRequest(code, KvsARN);
    expect((await ask(url)).status).toBe(503);
    let { ETag } = await world.keys("DescribeKeyValueStore", { KvsARN });
    for (const Value of ["v1", "v2"]) {
      ({ ETag } = await world.keys("PutKey", { KvsARN, Key: "current", Value, IfMatch: ETag }));
      expect(JSON.parse((await ask(url)).body).headers).toMatchObject({
        "x-current": Value,
        "x-floor": "false",
      });
    }
  });
});

describe("a viewer-response function", () => {
  async function withViewerResponse(code: string): Promise<string> {
    const association = await world.edgeFunction("viewer-response", code);
    const { urls } = await world.distribute({
      DefaultCacheBehavior: behavior({ FunctionAssociations: list(association) }),
    });
    return urls[0]!;
  }
  const stamp = `function handler(event) {
    var response = event.response;
    response.cookies.pin = { value: response.headers['x-version'].value, attributes: 'Path=/; Secure' };
    delete response.headers['x-version'];
    return response;
  }`;

  it("converts a header to a cookie and keeps other cookies", async () => {
    world.origin.handler = (_, response) =>
      response.writeHead(200, { "x-version": "v1", "set-cookie": ["a=1; HttpOnly", "b=2"] }).end("hello");
    const { headers, body } = await ask(await withViewerResponse(stamp));
    expect(headers["set-cookie"]).toEqual(["a=1; HttpOnly", "b=2", "pin=v1; Path=/; Secure"]);
    expect(headers).not.toHaveProperty("x-version");
    expect(body).toBe("hello");
  });

  it("does not run for an error of the origin", async () => {
    world.origin.handler = (_, response) => response.writeHead(404, { "x-version": "v1" }).end();
    const { status, headers } = await ask(await withViewerResponse(stamp));
    expect(status).toBe(404);
    expect(headers["x-version"]).toBe("v1");
  });

  it("is a 503 if it throws, and a 502 if it edits a read-only header", async () => {
    expect((await ask(await withViewerResponse("function handler() { throw 1; }"))).status).toBe(503);
    const edits =
      "function handler(e) { e.response.headers['content-length'] = { value: '1' }; return e.response; }";
    expect((await ask(await withViewerResponse(edits))).status).toBe(502);
  });
});
