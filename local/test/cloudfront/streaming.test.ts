import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request as sendRequest } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { ask, behavior, CACHING_OPTIMIZED, createWorld, LAMBDA, list, ORIGIN, type World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.close());

/** A behavior with both functions and Lambda@Edge. */
async function distributeApi(change = {}): Promise<string> {
  const pin = await world.edgeFunction(
    "viewer-request",
    "function handler(e) { e.request.headers['x-pin'] = { value: 'v1' }; return e.request; }",
  );
  world.lambda.handler = (event) => {
    const { request } = event.Records[0].cf;
    request.headers.host = [{ key: "Host", value: `${request.headers["x-pin"][0].value}.shop.internal` }];
    return request;
  };
  const lambda = { EventType: "origin-request" as const, LambdaFunctionARN: LAMBDA };
  const { urls } = await world.distribute({
    DefaultCacheBehavior: behavior({
      FunctionAssociations: list(pin),
      LambdaFunctionAssociations: list(lambda),
      ...change,
    }),
  });
  return urls[0]!;
}

function open(url: string, options = {}): ClientRequest {
  return sendRequest(url, { agent: false, ...options });
}

async function headOf(outgoing: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  return response;
}

describe("a stream through the edge", () => {
  it("sends the head before any body, and each event as it arrives", async () => {
    const url = await distributeApi();
    const senders: ((text: string) => void)[] = [];
    world.origin.handler = (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      senders.push((text) => response.write(text));
    };
    const outgoing = open(url);
    outgoing.end();
    const response = await headOf(outgoing);
    for (const text of ["data: 1\n\n", "data: 2\n\n"]) {
      senders[0]!(text);
      const [chunk] = await once(response, "data");
      expect(String(chunk)).toBe(text);
    }
    response.on("error", () => {});
    outgoing.destroy();
  });

  it("ends at the origin when the viewer disconnects, before the response or during it", async () => {
    const url = await distributeApi();
    const arrived = Promise.withResolvers<IncomingMessage>();
    world.origin.handler = (request) => arrived.resolve(request);
    const silent = open(url);
    silent.on("error", () => {});
    silent.end();
    const first = await arrived.promise;
    const firstClosed = once(first.socket, "close");
    silent.destroy();
    await firstClosed;

    const streaming = Promise.withResolvers<IncomingMessage>();
    world.origin.handler = (request, response) => {
      response.write("x");
      streaming.resolve(request);
    };
    const reader = open(url);
    reader.end();
    const response = await headOf(reader);
    response.on("error", () => {});
    const closed = once((await streaming.promise).socket, "close");
    reader.destroy();
    await closed;
  });

  it("breaks for the viewer if it breaks at the origin", async () => {
    const url = await distributeApi();
    world.origin.handler = (request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => request.socket.destroy());
    };
    await expect(ask(url)).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  it("passes a large body on without storing it", async () => {
    const url = await distributeApi();
    const chunk = Buffer.alloc(1024 * 1024, "x");
    const sizes = { sent: 0, received: 0 };
    const firstChunk = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    world.origin.handler = async (request, response) => {
      for await (const part of request) {
        sizes.received += (part as Buffer).byteLength;
        firstChunk.resolve();
        await goOn.promise;
      }
      response.end(String(sizes.received));
    };
    const outgoing = open(url, { method: "POST" });
    outgoing.write(chunk);
    await firstChunk.promise; // the origin has a part before the viewer has sent the rest
    let buffered = 1024 * 1024;
    while (outgoing.write(chunk)) buffered += chunk.byteLength;
    expect(buffered).toBeLessThan(50 * 1024 * 1024);
    goOn.resolve();
    for (
      sizes.sent = buffered + chunk.byteLength;
      sizes.sent < 50 * 1024 * 1024;
      sizes.sent += chunk.byteLength
    )
      if (!outgoing.write(chunk)) await once(outgoing, "drain");
    outgoing.end();
    const response = await headOf(outgoing);
    const [body] = await once(response, "data");
    expect(Number(String(body))).toBe(sizes.sent);
  });

  it("is stored in the cache if it arrived completely", async () => {
    const url = await distributeApi({ CachePolicyId: CACHING_OPTIMIZED });
    world.lambda.handler = (event) => event.Records[0].cf.request;
    world.origin.handler = (_, response) => {
      response.writeHead(200, { "cache-control": "max-age=60" });
      response.write("one ");
      response.end("two");
    };
    expect((await ask(url)).body).toBe("one two");
    expect(await ask(url)).toMatchObject({ body: "one two", headers: { "x-cache": "Hit from cloudfront" } });
  });
});

describe("an origin that fails", () => {
  it("is a 502 if its name is unknown or it refuses the connection, also for a POST with a body", async () => {
    const url = await distributeApi();
    const port = world.cloud.listenerPorts.get(`${ORIGIN}:80`)!;
    world.cloud.listenerPorts.clear();
    expect((await ask(`${url}/1`)).status).toBe(502);
    world.cloud.listenerPorts.set(`${ORIGIN}:80`, 1);
    expect((await ask(`${url}/2`)).status).toBe(502);
    expect((await ask(`${url}/3`, { method: "POST", body: "x".repeat(200_000) })).status).toBe(502);
    world.cloud.listenerPorts.set(`${ORIGIN}:80`, port);
    expect((await ask(`${url}/4`)).status).toBe(200);
  });

  it("gets a second request for GET, but not for POST, if it closes without a response", async () => {
    const url = await distributeApi();
    let asked = 0;
    world.origin.handler = (request, response) => {
      asked += 1;
      if (asked % 3 === 0) response.end("third");
      else request.socket.destroy();
    };
    expect((await ask(url)).body).toBe("third");
    expect((await ask(url, { method: "POST", body: "x" })).status).toBe(502);
    expect(asked).toBe(4);
  });
});

describe("a WebSocket", () => {
  it("passes the functions on its way to the origin and back", async () => {
    const url = await distributeApi();
    const sockets = new WebSocketServer({ server: world.origin.server });
    const hosts: (string | undefined)[] = [];
    sockets.on("connection", (socket, request) => {
      hosts.push(request.headers.host, request.headers["x-secret"] as string);
      socket.send("welcome");
      socket.on("message", (data) => socket.send(`echo ${data}`));
    });
    const client = new WebSocket(`${url.replace("http", "ws")}/socket`);
    const messages: string[] = [];
    client.on("message", (data) => {
      messages.push(String(data));
      if (messages.length === 1) client.send("hello");
      else client.close();
    });
    await once(client, "close");
    expect(messages).toEqual(["welcome", "echo hello"]);
    expect(hosts).toEqual(["v1.shop.internal", "open sesame"]);
    sockets.close();
  });

  it("gets a normal response if the origin, Lambda@Edge or a function refuses it", async () => {
    const url = await distributeApi();
    world.origin.server.on("upgrade", (_, socket) =>
      socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno"),
    );
    expect(await refusal(`${url}/1`)).toEqual({ status: 403, body: "no" });
    world.lambda.handler = () => ({ status: "409", body: "gone" });
    expect(await refusal(`${url}/2`)).toEqual({ status: 409, body: "gone" });
    world.lambda.handler = () => {
      throw new Error("boom");
    };
    expect((await refusal(`${url}/3`)).status).toBe(503);
  });

  it("ends when the edge is closed", async () => {
    const url = await distributeApi();
    const sockets = new WebSocketServer({ server: world.origin.server });
    const client = new WebSocket(url.replace("http", "ws"));
    await once(client, "open");
    client.on("error", () => {});
    const closed = once(client, "close");
    await world.cloudfront.close!();
    await closed;
    sockets.close();
  });
});

async function refusal(url: string): Promise<{ status: number; body: string }> {
  const client = new WebSocket(url.replace("http", "ws"));
  client.on("error", () => {});
  const [, response] = (await once(client, "unexpected-response")) as [ClientRequest, IncomingMessage];
  let body = "";
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode!, body };
}
