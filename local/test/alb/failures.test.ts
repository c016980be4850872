import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStage, type Stage, until } from "./stage.ts";

let stage: Stage;
const rawServers: Server[] = [];
const rawSockets = new Set<Socket>();
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  await stage.close();
  for (const socket of rawSockets) socket.destroy();
  for (const server of rawServers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

/** A target that passes its health checks and does to every other request what a bad one may do. */
async function badTarget(
  misbehave: (socket: Socket, requests: number) => void,
): Promise<{ port: number; requests(): number }> {
  let requests = 0;
  const server = createServer((socket) => {
    rawSockets.add(socket);
    socket.on("error", () => {}).on("close", () => rawSockets.delete(socket));
    socket.on("data", (data) => {
      if (data.toString().startsWith("GET /health ")) {
        socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      } else {
        misbehave(socket, ++requests);
      }
    });
  });
  rawServers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return { port, requests: () => requests };
}

async function setIdleTimeout(seconds: number): Promise<void> {
  await stage.elb("ModifyLoadBalancerAttributes", {
    LoadBalancerArn: stage.loadBalancerArn,
    Attributes: [{ Key: "idle_timeout.timeout_seconds", Value: String(seconds) }],
  });
}

describe("a target that fails", () => {
  it("by refusing the connection is a 502", async () => {
    const target = await stage.target();
    const group = await stage.group([target], { settings: { HealthCheckIntervalSeconds: 300 } });
    target.server.closeAllConnections();
    await new Promise((resolve) => target.server.close(resolve));
    const answer = await stage.send();
    expect(answer).toMatchObject({ status: 502 });
    expect(answer.body).toContain("502 Bad Gateway");
    expect(answer.headers.server).toBe("awselb/2.0");
    expect(await group.states()).toEqual({ [target.port]: "healthy" });
  });

  it("by closing before it answers is a 502, and the request is sent once", async () => {
    const target = await badTarget((socket) => socket.destroy());
    await stage.group([target]);
    expect(await stage.send({ method: "POST", body: "order" })).toMatchObject({ status: 502 });
    expect(await stage.send()).toMatchObject({ status: 502 });
    expect(target.requests()).toBe(2);
  });

  it("by resetting a kept connection on its second request is a 502, and the request is sent once", async () => {
    const target = await badTarget((socket, requests) => {
      if (requests === 1) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      else socket.resetAndDestroy();
    });
    await stage.group([target]);
    expect(await stage.send()).toMatchObject({ status: 200, body: "ok" });
    expect(await stage.send({ method: "POST", body: "order" })).toMatchObject({ status: 502 });
    expect(target.requests()).toBe(2);
  });

  it("by answering what is not HTTP is a 502", async () => {
    const target = await badTarget((socket) => socket.end("SSH-2.0-OpenSSH_9.6\r\n"));
    await stage.group([target]);
    expect(await stage.send()).toMatchObject({ status: 502 });
  });

  it("in the middle of its answer breaks the client's connection, so that nobody takes a half for the whole", async () => {
    const target = await badTarget((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", () => socket.destroy());
    });
    await stage.group([target]);
    await expect(stage.send()).rejects.toThrow(/aborted|ECONNRESET|hang up/);
  });

  it("during an upload is a 502 that the client can read", async () => {
    const target = await badTarget((socket) => socket.destroy());
    await stage.group([target]);
    const outgoing = request({ port: stage.port, host: "127.0.0.1", method: "POST", agent: false });
    outgoing.on("error", () => {});
    outgoing.write("x".repeat(1000));
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    expect(response.statusCode).toBe(502);
    response.resume();
    outgoing.destroy();
  });

  it("by silence past the idle time-out is a 504", async () => {
    await setIdleTimeout(1);
    const target = await badTarget(() => {});
    await stage.group([target]);
    expect(await stage.send()).toMatchObject({ status: 504 });
  });

  it("by falling silent in its answer has the connection cut after the idle time-out", async () => {
    await setIdleTimeout(1);
    const target = await stage.target((_request, response) => response.write("data: 1\n\n"));
    await stage.group([target]);
    await expect(stage.send()).rejects.toThrow(/aborted|ECONNRESET|hang up/);
  });
});

describe("a client", () => {
  it("that goes away ends its request at the target", async () => {
    const gone = Promise.withResolvers<void>();
    let arrived = false;
    const target = await stage.target((incoming) => {
      arrived = true;
      incoming.socket.on("close", () => gone.resolve());
    });
    await stage.group([target]);
    const outgoing = request({ port: stage.port, host: "127.0.0.1", agent: false });
    outgoing.on("error", () => {});
    outgoing.end();
    await until("the request", () => arrived);
    outgoing.destroy();
    await gone.promise;
  });

  it("that does not speak HTTP gets a 400", async () => {
    const socket = connect(stage.port, "127.0.0.1");
    socket.write("NOT HTTP\r\n\r\n");
    const [data] = await once(socket, "data");
    expect(String(data)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nServer: awselb\/2\.0\r\n/);
    socket.destroy();
  });

  it("that is idle between requests has its connection closed after the idle time-out", async () => {
    await setIdleTimeout(1);
    const socket = connect(stage.port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await once(socket, "data");
    await once(socket, "close");
  });
});
