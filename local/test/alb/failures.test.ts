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

/** A target that passes its health checks and fails other requests in various ways. */
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
  it("is a 502 when it refuses the connection", async () => {
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

  it("is a 502 when it closes before it responds, and the request is sent once", async () => {
    const target = await badTarget((socket) => socket.destroy());
    await stage.group([target]);
    expect(await stage.send({ method: "POST", body: "order" })).toMatchObject({ status: 502 });
    expect(await stage.send()).toMatchObject({ status: 502 });
    expect(target.requests()).toBe(2);
  });

  it("is a 502 when it resets a reused connection, and the request is sent once", async () => {
    const target = await badTarget((socket, requests) => {
      if (requests === 1) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      else socket.resetAndDestroy();
    });
    await stage.group([target]);
    expect(await stage.send()).toMatchObject({ status: 200, body: "ok" });
    expect(await stage.send({ method: "POST", body: "order" })).toMatchObject({ status: 502 });
    expect(target.requests()).toBe(2);
  });

  it("is a 502 when its response is not HTTP", async () => {
    const target = await badTarget((socket) => socket.end("SSH-2.0-OpenSSH_9.6\r\n"));
    await stage.group([target]);
    expect(await stage.send()).toMatchObject({ status: 502 });
  });

  it("breaks the client's connection when it fails during a response, so that the client notices", async () => {
    const target = await badTarget((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", () => socket.destroy());
    });
    await stage.group([target]);
    await expect(stage.send()).rejects.toThrow(/aborted|ECONNRESET|hang up/);
  });

  it("is a 502 that the client can read when it fails during an upload", async () => {
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

  it("is a 504 when it is silent past the idle timeout", async () => {
    await setIdleTimeout(1);
    const target = await badTarget(() => {});
    await stage.group([target]);
    expect(await stage.send()).toMatchObject({ status: 504 });
  });

  it("loses the connection when it stops responding for the idle timeout", async () => {
    await setIdleTimeout(1);
    const target = await stage.target((_request, response) => response.write("data: 1\n\n"));
    await stage.group([target]);
    await expect(stage.send()).rejects.toThrow(/aborted|ECONNRESET|hang up/);
  });
});

describe("a client", () => {
  it("ends its request at the target when it disconnects", async () => {
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

  it("gets a 400 when it does not send HTTP", async () => {
    const socket = connect(stage.port, "127.0.0.1");
    socket.write("NOT HTTP\r\n\r\n");
    const [data] = await once(socket, "data");
    expect(String(data)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nServer: awselb\/2\.0\r\n/);
    socket.destroy();
  });

  it("loses an idle connection after the idle timeout", async () => {
    await setIdleTimeout(1);
    const socket = connect(stage.port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await once(socket, "data");
    await once(socket, "close");
  });
});
