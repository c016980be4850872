import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Engine, EngineName, Profile, Tab } from "./engines/engine.ts";
import { addKinds, type Elsewhere, startElsewhere } from "./engines/kinds-api.ts";
import { availableEngines, launchEngine } from "./engines/launch.ts";
import { expectEventually } from "./engines/old-tab-cases.ts";
import { type Relay, startRelay } from "./engines/relay.ts";
import { ONE, openStage, type Stage, TWO } from "./stage.ts";

// An address belongs to the page's own API if it has the page's origin, however the origin is written. Each host is
// opened as a page of ONE while TWO is current, so TWO answers every request that the page does not pin.
let stage: Stage;
let elsewhere: Elsewhere;
let otherPort: Relay;
let ipv6: Relay;

/** Hosts, and their names in test reports. `only`: the one engine that can be made to resolve the host. */
const HOSTS: { what: string; host(): string; only?: EngineName }[] = [
  { what: "a name that contains ws", host: () => `news.localhost:${port()}` },
  { what: "a name that is ws", host: () => `ws.localhost:${port()}` },
  { what: "a name that starts with http", host: () => `https.http.localhost:${port()}` },
  { what: "a subdomain", host: () => `shop.eu.localhost:${port()}` },
  { what: "a punycode name", host: () => `xn--bcher-kva.localhost:${port()}` },
  { what: "a name in capitals", host: () => `Shop.LOCALHOST:${port()}` },
  { what: "a name with a trailing dot", host: () => `news.localhost.:${port()}` },
  { what: "an IPv4 address as one number", host: () => `2130706433:${port()}` },
  { what: "an IPv4 address", host: () => `127.0.0.1:${port()}` },
  { what: "an IPv6 address", host: () => `[::1]:${ipv6.port}` },
  { what: "another port", host: () => `localhost:${otherPort.port}` },
  { what: "a public name", host: () => `www.news.example:${port()}`, only: "chromium" },
  { what: "a public punycode name", host: () => `xn--mnchen-3ya.example:${port()}`, only: "chromium" },
];

beforeAll(async () => {
  elsewhere = await startElsewhere();
  stage = await openStage({
    versions: [ONE, TWO],
    csp: "default-src 'self'; connect-src *",
    browserArgs: ["--host-resolver-rules=MAP *.example 127.0.0.1"],
  });
  addKinds(stage);
  otherPort = await startRelay("127.0.0.1", port());
  ipv6 = await startRelay("::1", port());
  await stage.promote(TWO);
});
afterAll(async () => {
  await stage?.close();
  await Promise.all([elsewhere, otherPort, ipv6].map((one) => one?.close()));
});
beforeEach(() => {
  stage.api.seen.length = 0;
});

describe.each(availableEngines())("a page in %s", (name) => {
  let engine: Engine;
  let profile: Profile;
  let tab: Tab;
  /** A tab of TWO, which moves the cookie. */
  let young: Tab;

  beforeAll(async () => {
    engine = await launchEngine(name, stage);
    profile = await engine.profile();
    await stage.point(ONE);
    tab = await profile.open(stage.url);
    young = await profile.open(stage.url);
  });
  afterAll(() => engine?.close());

  it.each(HOSTS.filter(({ only = name }) => only === name))("on $what is pinned", async ({ host }) => {
    await openOld(`http://${host()}/`);
    expect(await tab.evaluate(askEveryWay)).toEqual({
      absolute: ONE,
      noCors: "opaque",
      socket: ONE,
      socketOfHttp: ONE,
      events: ONE,
      redirected: ONE,
    });
    expect(await version("no-cors")).toBe(ONE);
    expect(await version("beacon")).toBe(ONE);
    await tab.evaluate(() => {
      const link = document.querySelector<HTMLAnchorElement>("#link")!;
      link.href = `${location.origin}/api/page?absolute`;
    });
    await tab.click(() => document.querySelector("#link"));
    await expectEventually(() => tab.evaluate(() => document.querySelector("#served") !== null), true);
    expect(await version("absolute")).toBe(ONE);
  });

  it("below another path is pinned with relative addresses and with <base href>", async () => {
    await openOld(`${stage.url}/deep/er/page?api=/api/#/api/`);
    const answers = await tab.evaluate(async () => {
      const ask = async (path: string) => (await (await fetch(path)).json()).served;
      const all = [await ask("../../api/who"), await ask("/api/who")];
      const base = document.head.appendChild(document.createElement("base"));
      base.href = "/shop/";
      all.push(await ask("../api/who"));
      base.href = `${location.origin}/api/`;
      all.push(await ask("who"), await ask("./who?x=1"), await ask("?x=../api/who").catch(() => "none"));
      return all;
    });
    expect(answers.slice(0, 5)).toEqual([ONE, ONE, ONE, ONE, ONE]);
  });

  it("does not pin other origins: another port, another name, a <base href> of another origin", async () => {
    await openOld(`${stage.url}/`);
    await tab.evaluate(
      async (others) => {
        for (const other of others) await fetch(`${other}/api/who?plain`, { mode: "no-cors" });
        const base = document.head.appendChild(document.createElement("base"));
        base.href = others[0]!;
        await fetch("/api/who?based", { mode: "no-cors" });
      },
      [elsewhere.url, elsewhere.url.replace("127.0.0.1", "localhost")],
    );
    expect(elsewhere.seen.splice(0)).toEqual(["/api/who?plain", "/api/who?plain", "/api/who?based"]);
  });

  /** Opens a page of ONE while TWO is current and the cookie names TWO (if the engine stores the cookie). */
  async function openOld(address: string): Promise<void> {
    await stage.point(ONE);
    await tab.goto(address);
    await stage.point(TWO);
    await young.goto(address);
    expect(await tab.evaluate(() => window.lockstep.version)).toBe(ONE);
  }
});

/** Runs in the page. Requests the API with absolute addresses. */
async function askEveryWay() {
  const { origin } = location;
  const firstVersion = (source: EventSource | WebSocket) =>
    new Promise<string>((resolve, reject) => {
      source.onmessage = ({ data }: MessageEvent) => {
        source.close();
        resolve(data.startsWith("{") ? JSON.parse(data).served : data);
      };
      source.onerror = () => reject(new Error(`${source.url} failed`));
    });
  navigator.sendBeacon(`${origin}/api/who?beacon`);
  const { type: noCors } = await fetch(`${origin}/api/who?no-cors`, { mode: "no-cors" });
  const to = encodeURIComponent(`${origin}/api/who`);
  return {
    absolute: (await (await fetch(`${origin}/api/who`)).json()).served as string,
    noCors: noCors === "basic" ? "opaque" : noCors, // the type of a same-origin response
    socket: await firstVersion(new WebSocket(`${origin.replace(/^http/, "ws")}/api/socket`)),
    socketOfHttp: await firstVersion(new WebSocket(`${origin}/api/socket`)),
    events: await firstVersion(new EventSource(`${origin}/api/events`)),
    redirected: (await (await fetch(`${origin}/api/kinds/redirect?status=302&to=${to}`)).json())
      .served as string,
  };
}

/** Waits for the request with this word in its address, and returns the version that received it. */
function version(word: string): Promise<string> {
  return vi.waitFor(
    () => {
      const request = stage.api.seen.find(({ url }) => url.includes(word));
      if (!request) throw new Error(`no request with ${word}`);
      return request.version;
    },
    { timeout: 10_000 },
  );
}

function port(): number {
  return Number(new URL(stage.url).port);
}
