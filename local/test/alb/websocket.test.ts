import { once } from "node:events";
import type { Duplex } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { openStage, type Stage, until } from "./stage.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

/** A target that echoes WebSocket messages and refuses the path `/no` with 401. */
async function echoTarget() {
  const target = await stage.target();
  const sockets = new WebSocketServer({ noServer: true });
  target.server.on("upgrade", (request, socket: Duplex, head) => {
    if (request.url === "/no") {
      socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\nX-Why: key\r\n\r\nnope");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (peer) => {
      peer.send(`hello ${request.headers["x-forwarded-for"]} ${request.headers.host}`);
      peer.on("message", (data, isBinary) => peer.send(data, { binary: isBinary }));
    });
  });
  return target;
}

async function open(path = "/") {
  const client = new WebSocket(`ws://127.0.0.1:${stage.port}${path}`, ["chat"], {
    headers: { host: "a.internal" },
  });
  const [greeting] = await once(client, "message");
  return { client, greeting: String(greeting) };
}

describe("a WebSocket", () => {
  it("passes text and large binary messages both ways", async () => {
    await stage.group([await echoTarget()]);
    const { client, greeting } = await open();
    expect(greeting).toBe("hello 127.0.0.1 a.internal");
    expect(client.protocol).toBe("chat");
    const large = Buffer.alloc(3_000_000, 7);
    client.send(large);
    const [echo] = await once(client, "message");
    expect(large.equals(echo)).toBe(true);
    const closed = once(client, "close");
    client.close(1000);
    expect((await closed)[0]).toBe(1000);
  });

  it("returns the target's response when the target refuses it", async () => {
    await stage.group([await echoTarget()]);
    const client = new WebSocket(`ws://127.0.0.1:${stage.port}/no`);
    client.on("error", () => {});
    const [, response] = await once(client, "unexpected-response");
    expect(response).toMatchObject({ statusCode: 401 });
    expect(response.headers["x-why"]).toBe("key");
    client.terminate();
  });

  it("gets the default action without a rule, and 503 without a target", async () => {
    const refused = async () => {
      const client = new WebSocket(`ws://127.0.0.1:${stage.port}/`);
      client.on("error", () => {});
      const [, response] = await once(client, "unexpected-response");
      client.terminate();
      return response.statusCode;
    };
    expect(await refused()).toBe(403);
    await stage.group([]);
    expect(await refused()).toBe(503);
  });

  it("keeps a deregistered target draining until it closes", async () => {
    const target = await echoTarget();
    const group = await stage.group([target]);
    const { client } = await open();
    await group.deregister(target);
    expect(await group.states()).toEqual({ [target.port]: "draining" });
    client.send("still here");
    expect(String((await once(client, "message"))[0])).toBe("still here");
    client.close();
    await until("the end of draining", group.states, (states) => Object.keys(states).length === 0);
  });

  it("is closed when the deregistration delay is over", async () => {
    const target = await echoTarget();
    const group = await stage.group([target], {
      attributes: { "deregistration_delay.timeout_seconds": "1" },
    });
    const { client } = await open();
    const closed = once(client, "close");
    await group.deregister(target);
    expect((await closed)[0]).toBe(1006);
  });

  it("is closed when it is idle past the idle timeout", async () => {
    await stage.elb("ModifyLoadBalancerAttributes", {
      LoadBalancerArn: stage.loadBalancerArn,
      Attributes: [{ Key: "idle_timeout.timeout_seconds", Value: "1" }],
    });
    await stage.group([await echoTarget()]);
    const { client } = await open();
    expect((await once(client, "close"))[0]).toBe(1006);
  });
});

describe("an upgrade to another protocol", () => {
  it("is answered like a plain request", async () => {
    await stage.group([await stage.target()]);
    const answer = await stage.send({ headers: { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c" } });
    expect(answer).toMatchObject({ status: 200, body: "hello" });
  });
});
