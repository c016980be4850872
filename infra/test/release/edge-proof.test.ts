import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { Clock } from "../../src/base/clock.ts";
import { oldMapsExpireAfterMs } from "../../src/lifecycle/lifecycle.ts";
import { probeEdge, probePath } from "../../src/release/publish/probe-edge.ts";
import { verifyPage } from "../../src/release/publish/verify-page.ts";
import { pageVersion } from "../../src/versions/page.ts";
import { idOf, sampleConfig } from "../lifecycle/samples.ts";

const [old, id] = [idOf(1), idOf(2)] as const;
const config = sampleConfig();
let server: Server | undefined;

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  server = createServer(answer);
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server!.address() as AddressInfo).port}`;
}

/** A clock that advances by a second with every read. */
function secondsClock(): Clock {
  let at = 0;
  return { now: () => (at += 1000), sleep: async () => {} };
}

describe("probeEdge()", () => {
  const options = { config, id, timeoutMs: 20_000 };

  it("requests the new version until it has answered without a break for longer than the TTL of the map", async () => {
    const asked: (string | undefined)[] = [];
    const answers: number[] = [];
    const clock = secondsClock();
    let served = 0;
    const origin = await serve((request, response) => {
      asked.push(`${request.url} ${request.headers["x-lockstep-version"]}`);
      const fresh = ![1, 2, 4].includes(++served); // one edge after the other reads the new map
      if (fresh) answers.push(served);
      response.writeHead(fresh ? 200 : 409, fresh ? { "x-lockstep-served": id } : {}).end();
    });
    const count = await probeEdge({ ...options, origin, clock });
    expect(new Set(asked)).toEqual(new Set([`/api/health ${id}`]));
    expect(count).toBeGreaterThan(5); // a single answer between two refusals does not count
    expect(oldMapsExpireAfterMs(config)).toBe(7000);
  });

  it.each<[string, number, Record<string, string>]>([
    ["another version answers", 200, { "x-lockstep-served": old }],
    ["it is gone", 409, {}],
    ["it fails", 502, { "x-lockstep-served": id }],
    ["an API without the middleware is not well", 404, {}],
  ])("throws with the answer if %s", async (_, status, headers) => {
    const origin = await serve((_request, response) => response.writeHead(status, headers).end());
    await expect(probeEdge({ ...options, origin, clock: secondsClock() })).rejects.toMatchObject({
      code: "EDGE_NOT_SEEN",
      message: expect.stringContaining(`answered ${status}`),
    });
  });

  it("accepts a 200 of an API without the middleware", async () => {
    const origin = await serve((_request, response) => response.end());
    expect(await probeEdge({ ...options, origin, clock: secondsClock() })).toBeGreaterThan(1);
  });

  it("throws if there is no answer", async () => {
    const origin = await serve((request) => request.socket.destroy());
    await expect(probeEdge({ ...options, origin, clock: secondsClock() })).rejects.toMatchObject({
      code: "EDGE_NOT_SEEN",
    });
  });
});

describe("probePath()", () => {
  it.each([
    ["/health", ["/api/*"], "/api/health"],
    ["/api/health", ["/api/*"], "/api/health"],
    ["/health", ["/v?/rpc", "/health"], "/health"],
    ["/ok", ["/v1/*.json"], "/v1/ok"],
  ])("%s under %j is %s", (healthPath, pathPatterns, path) => {
    expect(probePath({ api: { ...config.api, healthPath, pathPatterns } })).toBe(path);
  });
});

describe("verifyPage()", () => {
  const page = (version: string) =>
    `<!doctype html><head><meta charset="utf-8"><meta name="lockstep-version" content="${version}">`;
  const options = { id, cookie: true, readCurrent: async () => id, timeoutMs: 20_000 };
  const cookie = (version: string) =>
    `__Host-lockstep=${version}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60`;

  it("waits until page and cookie belong to the version", async () => {
    let loads = 0;
    const origin = await serve((request, response) => {
      expect(request.headers["sec-fetch-dest"]).toBe("document");
      const version = ++loads < 3 ? old : id;
      response.writeHead(200, { "set-cookie": cookie(version) }).end(page(version));
    });
    expect(await verifyPage({ ...options, origin, clock: secondsClock() })).toBe("seen");
    expect(loads).toBe(3);
  });

  it("throws if HTML and cookie name different versions", async () => {
    const origin = await serve((_request, response) =>
      response.writeHead(200, { "set-cookie": cookie(old) }).end(page(id)),
    );
    await expect(verifyPage({ ...options, origin, clock: secondsClock() })).rejects.toMatchObject({
      code: "PAGE_NOT_SEEN",
      message: expect.stringContaining(`the cookie is __Host-lockstep=${old}`),
    });
  });

  it("stops waiting if another version was promoted", async () => {
    const origin = await serve((_request, response) => response.end(page(old)));
    const readCurrent = async () => idOf(3);
    expect(await verifyPage({ ...options, origin, readCurrent, clock: secondsClock() })).toBe("overtaken");
  });

  it.each([
    [`<meta content="${id}" name="lockstep-version"/>`, id],
    [`<META NAME=lockstep-version CONTENT=${id}>`, id],
    [`<meta name="other" content="${id}">`, undefined],
  ])("pageVersion(%j) is %s", (html, version) => {
    expect(pageVersion(html)).toBe(version);
  });
});
