import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStage, type Stage, until } from "./stage.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

/** A target that responds with the request as it received it. */
const mirror = () =>
  stage.target((incoming, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ url: incoming.url, method: incoming.method, raw: incoming.rawHeaders }));
  });

async function seenBy(options: Parameters<Stage["send"]>[0]) {
  const { url, method, raw } = JSON.parse((await stage.send(options)).body);
  const headers: [string, string][] = [];
  for (let i = 0; i < raw.length; i += 2) headers.push([raw[i], raw[i + 1]]);
  const all = (name: string) =>
    headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
  return { url, method, all, headers };
}

describe("a forwarded request", () => {
  it("keeps its method, path, query, Host and the case of its header names", async () => {
    await stage.group([await mirror()]);
    const seen = await seenBy({
      method: "DELETE",
      path: "/a%20b?c=%2F&d",
      headers: { Host: "v1.shop.internal", "X-MiXed": "1" },
    });
    expect(seen).toMatchObject({ url: "/a%20b?c=%2F&d", method: "DELETE" });
    expect(seen.all("host")).toEqual(["v1.shop.internal"]);
    expect(seen.headers).toContainEqual(["X-MiXed", "1"]);
  });

  it("carries the client's address in X-Forwarded-For, and the listener's -Proto and -Port", async () => {
    await stage.group([await mirror()]);
    const seen = await seenBy({
      headers: { "x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https", "x-forwarded-port": "443" },
    });
    expect(seen.all("x-forwarded-for")).toEqual(["203.0.113.9, 127.0.0.1"]);
    expect(seen.all("x-forwarded-proto")).toEqual(["http"]);
    expect(seen.all("x-forwarded-port")).toEqual(["80"]);
    expect(seen.all("x-amzn-trace-id")[0]).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
  });

  it("loses its hop-by-hop headers in both directions", async () => {
    const target = await stage.target((incoming, response) => {
      response.writeHead(200, { "keep-alive": "timeout=1", connection: "keep-alive", "x-kept": "1" });
      response.end(JSON.stringify(incoming.headers));
    });
    await stage.group([target]);
    const answer = await stage.send({
      headers: { te: "trailers", "keep-alive": "timeout=9", connection: "close" },
    });
    expect(JSON.parse(answer.body)).toMatchObject({ connection: "keep-alive" });
    expect(Object.keys(JSON.parse(answer.body))).not.toContain("te");
    expect(Object.keys(JSON.parse(answer.body))).not.toContain("keep-alive");
    expect(answer.headers).toMatchObject({ "x-kept": "1", connection: "close" });
  });

  it("reuses the connection to its target", async () => {
    const ports = new Set<number>();
    const target = await stage.target((incoming, response) => {
      ports.add(incoming.socket.remotePort!);
      response.end();
    });
    await stage.group([target]);
    for (let i = 0; i < 5; i++) await stage.send();
    expect(ports.size).toBe(1);
  });

  it("reuses the connection despite the target's Keep-Alive, which an ALB ignores", async () => {
    const ports = new Set<number>();
    const target = await stage.target((incoming, response) => {
      ports.add(incoming.socket.remotePort!);
      response.writeHead(200, { connection: "keep-alive", "keep-alive": "timeout=1" }).end();
    });
    await stage.group([target]);
    for (let i = 0; i < 5; i++) await stage.send();
    expect(ports.size).toBe(1);
  });

  it("drops header names with other characters than letters, digits and - if the load balancer is set so", async () => {
    await stage.group([await mirror()]);
    const headers = { bad_name: "1", "good-name": "1" };
    expect((await seenBy({ headers })).all("bad_name")).toEqual(["1"]);
    await stage.elb("ModifyLoadBalancerAttributes", {
      LoadBalancerArn: stage.loadBalancerArn,
      Attributes: [{ Key: "routing.http.drop_invalid_header_fields.enabled", Value: "true" }],
    });
    const seen = await seenBy({ headers });
    expect(seen.all("bad_name")).toEqual([]);
    expect(seen.all("good-name")).toEqual(["1"]);
  });
});

describe("a response", () => {
  it("keeps its status, repeated headers and their case", async () => {
    const target = await stage.target((_incoming, response) => {
      response.writeHead(418, "I'm a teapot", ["Set-Cookie", "a=1", "Set-Cookie", "b=2", "X-CaSe", "1"]);
      response.end("short and stout");
    });
    await stage.group([target]);
    const answer = await stage.send();
    expect(answer).toMatchObject({ status: 418, body: "short and stout" });
    expect(answer.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    expect(answer.rawHeaders).toContain("X-CaSe");
  });

  it("passes 204, 304 and HEAD without a body", async () => {
    const target = await stage.target((incoming, response) => {
      const status = Number(incoming.url!.slice(1));
      if (status === 200) response.setHeader("content-length", "1234");
      response.writeHead(status).end();
    });
    await stage.group([target]);
    expect(await stage.send({ path: "/204" })).toMatchObject({ status: 204, body: "" });
    expect(await stage.send({ path: "/304" })).toMatchObject({ status: 304, body: "" });
    const head = await stage.send({ path: "/200", method: "HEAD" });
    expect(head.headers["content-length"]).toBe("1234");
  });

  it("is streamed: headers come before data, each event when it is written", async () => {
    const next: { write?: (text: string) => void; end?: () => void } = {};
    const target = await stage.target((_incoming, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.flushHeaders();
      next.write = (text) => response.write(text);
      next.end = () => response.end();
    });
    await stage.group([target]);
    const outgoing = request({ port: stage.port, host: "127.0.0.1", agent: false }).end();
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    for (const text of ["data: 1\n\n", "data: 2\n\n"]) {
      const chunk = once(response, "data");
      next.write!(text);
      expect(String((await chunk)[0])).toBe(text);
    }
    const end = once(response, "end");
    next.end!();
    response.resume();
    await end;
  });

  it("is streamed in both directions at once, without buffering the body", async () => {
    const target = await stage.target((incoming, response) => incoming.pipe(response));
    await stage.group([target]);
    const outgoing = request({ port: stage.port, host: "127.0.0.1", method: "POST", agent: false });
    outgoing.write("first");
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    expect(String((await once(response, "data"))[0])).toBe("first");
    outgoing.end("second");
    expect(String((await once(response, "data"))[0])).toBe("second");
  });

  it("is complete for large bodies, with a length and chunked", async () => {
    const target = await stage.target((incoming, response) => incoming.pipe(response));
    await stage.group([target]);
    const body = Buffer.alloc(8 * 1024 * 1024, "0123456789abcdef");
    const sized = await stage.send({ method: "POST", body });
    const chunked = await stage.send({ method: "POST", headers: { "transfer-encoding": "chunked" }, body });
    expect(sized.body === body.toString()).toBe(true);
    expect(chunked.body === body.toString()).toBe(true);
  });

  it("waits for a slow client instead of buffering", async () => {
    let written = 0;
    const total = 64 * 1024 * 1024;
    const target = await stage.target((_incoming, response) => {
      const chunk = Buffer.alloc(64 * 1024);
      const more = () => {
        while (written < total) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once("drain", more);
        }
        response.end();
      };
      more();
    });
    await stage.group([target]);
    const outgoing = request({ port: stage.port, host: "127.0.0.1", agent: false }).end();
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    let last = -1;
    await until("the target to be held back", async () => {
      const steady = written === last;
      last = written;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return steady;
    });
    expect(written).toBeLessThan(total);
    let received = 0;
    for await (const chunk of response) received += chunk.length;
    expect(received).toBe(total);
  });
});
