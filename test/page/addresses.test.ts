import { connect, createServer, type Server } from "node:net";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ONE, openOldTab, openStage, openTab, type Stage, served, TWO } from "./stage.ts";

// Which addresses belong to the page's own services, for different hosts. The browser resolves each host to this
// machine.
let stage: Stage;
let overIpv6: Server;
const PIN = `lockstep=${ONE}`;

beforeAll(async () => {
  stage = await openStage({
    versions: [ONE, TWO],
    browserArgs: [
      "--host-resolver-rules=MAP *.test 127.0.0.1, MAP *.test. 127.0.0.1, MAP *.localhost 127.0.0.1",
    ],
  });
  // Relays IPv6 connections, because the stage listens only on 127.0.0.1.
  const port = Number(new URL(stage.url).port);
  overIpv6 = createServer((socket) => {
    const onwards = connect(port, "127.0.0.1");
    for (const end of [socket, onwards]) end.on("error", () => end.destroy());
    socket.pipe(onwards).pipe(socket);
  });
  await new Promise<void>((resolve) => overIpv6.listen(port, "::1", resolve));
});
afterAll(async () => {
  overIpv6?.close();
  await stage?.close();
});
beforeEach(() => {
  stage.api.seen.length = 0;
});

/** Opens a page of ONE under another host. The cookie needs a secure context, so only the address can pin. */
async function openOn(
  host: string,
  path = "/",
): Promise<{ page: Page; context: BrowserContext; origin: string }> {
  const context = await stage.profile();
  const { port } = new URL(stage.url);
  const origin = `http://${host}:${port}`;
  await stage.promote(ONE);
  const page = await context.newPage();
  await page.goto(`${origin}${path}`);
  await stage.promote(TWO);
  stage.api.seen.length = 0;
  return { page, context, origin };
}

describe.each([
  "news.localhost",
  "ws.wss.http.test",
  "sub.domain.shop.test",
  "xn--bcher-kva.test",
  "UPPER.test",
  "127.0.0.1",
  "[::1]",
  "trailing.dot.test.",
])("on the host %s", (host) => {
  it("requests to the page's own services are pinned, and no other addresses", async () => {
    const { page, context, origin } = await openOn(host);
    const lower = origin.toLowerCase();
    const who = await page.evaluate(async (asWritten) => {
      const ask = async (address: string | URL | Request) => (await (await fetch(address)).json()).served;
      const socket = (address: string | URL) =>
        new Promise((resolve) => {
          new WebSocket(address).onmessage = ({ data }) => resolve(JSON.parse(data).served);
        });
      const { host: hostWithPort, origin } = location;
      return [
        await ask("/api/who"),
        await ask(`${asWritten}/api/who`),
        await ask(`${origin}/api/who`),
        await ask(new URL("/api/who", origin)),
        await ask(new Request("/api/who")),
        await ask(`//${hostWithPort}/api/who`),
        await socket("/api/socket"),
        await socket(`ws://${hostWithPort}/api/socket`),
        await socket(`WS://${hostWithPort}/api/socket`),
        await socket(new URL(`http://${hostWithPort}/api/socket`)),
      ];
    }, origin);
    expect(who).toEqual(Array(10).fill(ONE));
    const pinned = await page.evaluate(
      (addresses) => addresses.map((address) => window.lockstep.pin(address)),
      [
        `${lower}/api/who`,
        `${lower.replace("http", "ws")}/api/who`,
        `${lower.replace("http", "https")}/api/who`,
        `${lower.replace(/:\d+$/, ":1")}/api/who`,
        `${lower.replace("//", "//x.")}/api/who`,
        `${lower.replace("//", "//user@")}/api/who`,
        `https://other.test/?${lower}/api/who`,
        `blob:${lower}/api/who`,
        "data:text/html,/api/who",
        "about:blank",
        "javascript:/api/who",
        "http://[",
      ],
    );
    expect(pinned.map((address) => address.includes(PIN))).toEqual([
      true,
      true,
      false,
      false,
      false,
      true,
      false,
      false,
      false,
      false,
      false,
      false,
    ]);
    await page.evaluate(() => navigator.sendBeacon(`${location.origin}/api/who?beacon`));
    await page.evaluate(() => {
      const link = Object.assign(document.createElement("a"), { href: `${location.origin}/api/page?link` });
      document.body.append(link);
      link.click();
    });
    await page.waitForURL(/api\/page/);
    await expect.poll(() => stage.api.seen.filter(({ version }) => version !== ONE)).toEqual([]);
    await context.close();
  });
});

describe("relative addresses", () => {
  it("are relative to the page, or to its current <base>", async () => {
    const { page, context } = await openOn("shop.test", "/shop/deep/page?x#y");
    const pinned = await page.evaluate(() => {
      const look = () =>
        ["../../api/who", "api/who", "/api/who", "?x", "#x", "", "who", "./who?x=1"].map((address) =>
          window.lockstep.pin(address),
        );
      const before = look();
      const base = document.head.appendChild(document.createElement("base"));
      const bases = ["/api/", "https://other.test/", `${location.origin}/elsewhere/`, "/api/sub/?x=1"].map(
        (href) => {
          base.href = href;
          return look();
        },
      );
      base.remove();
      return [before, ...bases, look()];
    });
    const none = ["../../api/who", "api/who", "/api/who", "?x", "#x", "", "who", "./who?x=1"];
    const p = `?${PIN}`;
    const below = [
      `../../api/who${p}`,
      `api/who${p}`,
      `/api/who${p}`,
      `${p}&x`,
      `${p}#x`,
      p,
      `who${p}`,
      `./who${p}&x=1`,
    ];
    expect(pinned).toEqual(
      [
        [`../../api/who${p}`, "api/who", `/api/who${p}`, "?x", "#x", "", "who", "./who?x=1"],
        below,
        none,
        [`../../api/who${p}`, "api/who", `/api/who${p}`, "?x", "#x", "", "who", "./who?x=1"],
        below,
      ].concat([[`../../api/who${p}`, "api/who", `/api/who${p}`, "?x", "#x", "", "who", "./who?x=1"]]),
    );
    await context.close();
  });
});

describe("lockstep.pin()", () => {
  it.each([
    ["/api/who", `/api/who?${PIN}`],
    ["/api/who?", `/api/who?${PIN}`],
    ["/api/who#", `/api/who?${PIN}#`],
    ["/api/who?#a?b", `/api/who?${PIN}#a?b`],
    ["/api/who?a=1&b&a=2", `/api/who?${PIN}&a=1&b&a=2`],
    ["/api/who?a=ü&%7e=%7E+ ", `/api/who?${PIN}&a=ü&%7e=%7E+`],
    ["/api/who??x", `/api/who?${PIN}&?x`],
    ["/api/who?lockstep=on", `/api/who?${PIN}&lockstep=on`],
    ["/api/who?x#lockstep=20200101-000000-0000000", `/api/who?${PIN}&x#lockstep=20200101-000000-0000000`],
    [`/api/who?${PIN}`, `/api/who?${PIN}`],
    [`/api/who?a&${PIN}&b`, `/api/who?a&${PIN}&b`],
    ["/api/who?lockstep=20200101-000000-0000000", "/api/who?lockstep=20200101-000000-0000000"],
    ["/api/who?xlockstep=20200101-000000-0000000", `/api/who?${PIN}&xlockstep=20200101-000000-0000000`],
    ["/api/who?lockstep=20200101-000000-0000000x", `/api/who?${PIN}&lockstep=20200101-000000-0000000x`],
    ["/graphql", `/graphql?${PIN}`],
    ["/graphql?query={a}", `/graphql?${PIN}&query={a}`],
    ["/graphql/", "/graphql/"],
    ["/graphqlx", "/graphqlx"],
    ["/GraphQL", "/GraphQL"],
    ["/%67raphql", `/%67raphql?${PIN}`],
    ["/x/../graphql", `/x/../graphql?${PIN}`],
    ["/api", "/api"],
    ["/api/", `/api/?${PIN}`],
    ["//api/who", "//api/who"],
    ["/x//api/who", "/x//api/who"],
    ["///api/who", "///api/who"],
    ["/.//api/who", `/.//api/who?${PIN}`],
    ["/api/%zz", `/api/%zz?${PIN}`],
    ["/%zz/api/", "/%zz/api/"],
    ["/assets/app.js", "/assets/app.js"],
    ["/.lockstep/status", "/.lockstep/status"],
  ])("%s becomes %s", async (address, pinned) => {
    oldTab ??= await openOldTab(stage, await stage.profile());
    expect(await oldTab.evaluate((text) => window.lockstep.pin(text), address)).toBe(pinned);
  });
  let oldTab: Page | undefined;

  it("accepts a URL object", async () => {
    oldTab ??= await openOldTab(stage, await stage.profile());
    const pinned = await oldTab.evaluate(() => window.lockstep.pin(new URL("/api/who?x", location.origin)));
    expect(pinned).toBe(`${stage.url}/api/who?${PIN}&x`);
  });
});

describe("frames without an address of the site", () => {
  it("cause no error, and the page's requests stay pinned", async () => {
    const context = await stage.profile();
    const page = await openOldTab(stage, context);
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.evaluate(() => {
      for (const src of [
        "about:blank",
        "data:text/html,x",
        URL.createObjectURL(new Blob(["x"], { type: "text/html" })),
      ])
        document.body.append(Object.assign(document.createElement("iframe"), { src }));
      document.body.append(Object.assign(document.createElement("iframe"), { srcdoc: "<p>x" }));
    });
    expect(await served(page)).toBe(ONE);
    expect(await served(page, "/graphql")).toBe(ONE);
    expect(errors).toEqual([]);
    await context.close();
  });

  it("a page below a path is pinned", async () => {
    const context = await stage.profile();
    await stage.promote(ONE);
    const page = await openTab(stage, context, "/a/b/c/");
    await stage.promote(TWO);
    await (await openTab(stage, context)).close();
    expect(await served(page, "../../../api/who")).toBe(ONE);
    expect(await served(page, "/graphql")).toBe(ONE);
    await context.close();
  });
});
