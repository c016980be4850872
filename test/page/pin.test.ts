import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type OtherSite, startOtherSite } from "./other-site.ts";
import { ONE, openStage, openTab, type Stage, served, TWO } from "./stage.ts";

// The page is of ONE. Another tab has moved the shared cookie to TWO, which is current, so TWO answers every request
// that the page does not pin. All tests run under `default-src 'self'`.
let stage: Stage;
let context: BrowserContext;
let page: Page;
const violations: string[] = [];

beforeAll(async () => {
  stage = await openStage({ versions: [ONE, TWO] });
  context = await stage.profile();
  page = await openTab(stage, context);
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) violations.push(message.text());
  });
  await stage.promote(TWO);
  await (await openTab(stage, context)).close();
});
afterAll(() => stage?.close());
beforeEach(() => {
  stage.api.seen.length = 0;
});

describe("a page built with the plugin", () => {
  it("keeps its version when another tab moves the cookie", async () => {
    expect(await page.getAttribute("meta[name=lockstep-version]", "content")).toBe(ONE);
    const [cookie] = await context.cookies();
    expect(cookie?.value).toBe(TWO);
    expect(await servedToFreshFrame(page)).toBe(TWO);
  });

  it("loads the page script first, as an external classic script", async () => {
    const first = await page.evaluate(() => {
      const script = document.querySelector("script")!;
      return { src: script.src, type: script.type, text: script.text, parent: script.parentElement!.tagName };
    });
    expect(first).toMatchObject({ type: "", text: "", parent: "HEAD" });
    expect(new URL(first.src).pathname).toMatch(/^\/assets\/lockstep-[\w-]{8}\.js$/);
  });
});

describe("fetch()", () => {
  it("is pinned with a relative address, an absolute address and a URL", async () => {
    const answers = await page.evaluate(async () => {
      const ask = async (input: RequestInfo | URL) => (await (await fetch(input)).json()).served;
      return [
        await ask("/api/who"),
        await ask("api/who"),
        await ask(`${location.origin}/api/who`),
        await ask(new URL("/api/who?x=1", location.origin)),
        await ask("/api/x/../who"),
      ];
    });
    expect(answers).toEqual([ONE, ONE, ONE, ONE, ONE]);
  });

  it("keeps the app's headers, method and body in every form", async () => {
    const answers = await page.evaluate(async () => {
      const ask = async (init: RequestInit) => (await (await fetch("/api/who", init)).json()).headers;
      class Options {
        get method() {
          return "PUT";
        }
        get headers() {
          return { "x-app": "class" };
        }
      }
      return [
        (await ask({ headers: { "x-app": "record" } }))["x-app"],
        (await ask({ headers: [["x-app", "pairs"]] }))["x-app"],
        (await ask({ headers: new Headers({ "x-app": "headers" }) }))["x-app"],
        (await ask(new Options()))["x-app"],
        (await ask({ method: "POST", body: new URLSearchParams({ a: "1" }) }))["content-type"],
      ];
    });
    expect(answers.slice(0, 4)).toEqual(["record", "pairs", "headers", "class"]);
    expect(answers[4]).toMatch(/^application\/x-www-form-urlencoded/);
    expect(stage.api.seen.map(({ version }) => version)).toEqual([ONE, ONE, ONE, ONE, ONE]);
    expect(stage.api.seen[3]?.method).toBe("PUT");
  });

  it("does not change a Request, which can be used again like with the native fetch", async () => {
    const answer = await page.evaluate(async () => {
      const request = new Request("/api/echo", { method: "POST", body: "once", headers: { "x-app": "1" } });
      const copy = request.clone();
      const first = await (await fetch(request)).text();
      const error = await fetch(request).then(
        () => undefined,
        (cause: Error) => `${cause.name}: ${cause.message}`,
      );
      const second = await (await fetch(copy)).text();
      return { first, second, used: request.bodyUsed, error, headers: [...request.headers.keys()] };
    });
    expect(answer).toMatchObject({ first: "once", second: "once", used: true });
    expect(answer.headers).not.toContain("x-lockstep-version");
    // The native error, as from an unpatched fetch.
    expect(answer.error).toMatch(/^TypeError: Failed to execute 'fetch' on 'Window'/);
    expect(stage.api.seen.map(({ version }) => version)).toEqual([ONE, ONE]);
  });

  it("streams a download", async () => {
    const answer = await page.evaluate(async () => {
      const response = await fetch("/api/events");
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
      const { value } = await reader.read(); // the response never ends
      await reader.cancel();
      return value;
    });
    expect(answer).toContain(`data: ${ONE}`);
  });

  it("sends a stream like the native fetch, whose error for half-duplex over HTTP/1.1 is the same", async () => {
    const answers = await page.evaluate(async () => {
      const upload = async (send: typeof fetch) => {
        const body = new Blob(["streamed ".repeat(1000)]).stream();
        try {
          const init = { method: "POST", body, duplex: "half" } as RequestInit;
          return (await (await send("/api/echo", init)).text()).length;
        } catch (error) {
          return String(error);
        }
      };
      const frame = document.body.appendChild(document.createElement("iframe"));
      const native = frame.contentWindow!.fetch.bind(frame.contentWindow);
      const answer = { ours: await upload(fetch), native: await upload(native) };
      frame.remove();
      return answer;
    });
    expect(answers.ours).toBe(answers.native);
  });

  it("uploads a large blob byte for byte", async () => {
    const same = await page.evaluate(async () => {
      const bytes = new Uint8Array(3_000_000).map((_, index) => index % 251);
      const blob = new Blob([bytes], { type: "application/x-test" });
      const response = await fetch("/api/echo", { method: "POST", body: blob });
      const back = new Uint8Array(await response.arrayBuffer());
      const type = response.headers.get("content-type");
      return (
        type === "application/x-test" && back.length === bytes.length && back.every((b, i) => b === bytes[i])
      );
    });
    expect(same).toBe(true);
  });

  it("aborts before and during the request with the app's reason", async () => {
    const reasons = await page.evaluate(async () => {
      const failure = (promise: Promise<unknown>) =>
        promise.then(
          () => "done",
          (error) => error,
        );
      const before = await failure(fetch("/api/who", { signal: AbortSignal.abort("too early") }));
      const controller = new AbortController();
      const response = await fetch("/api/events", { signal: controller.signal });
      const reading = failure(response.text());
      controller.abort("enough");
      const byRequest = new AbortController();
      const request = new Request("/api/events", { signal: byRequest.signal });
      const asking = failure(fetch(request).then((answer) => answer.text()));
      byRequest.abort("request");
      return [before, await reading, await asking];
    });
    expect(reasons).toEqual(["too early", "enough", "request"]);
  });

  it("is pinned with keepalive while the page unloads", async () => {
    const leaving = await openOld();
    await leaving.evaluate(() => {
      addEventListener("pagehide", () => fetch("/api/who?bye=1", { method: "POST", keepalive: true }));
    });
    await leaving.goto("about:blank");
    await expect.poll(() => stage.api.seen.find(({ url }) => url === "/api/who?bye=1")?.version).toBe(ONE);
    await leaving.close();
  });

  it("is pinned with no-cors, which allows no header", async () => {
    await page.evaluate(() => fetch("/api/who?mode=no-cors", { mode: "no-cors" }));
    expect(stage.api.seen.map(({ version, url }) => ({ version, url }))).toEqual([
      { version: ONE, url: "/api/who?mode=no-cors" },
    ]);
  });

  it("fails with the native errors", async () => {
    const errors = await page.evaluate(async () => {
      const failure = (promise: Promise<unknown>) => promise.then(() => "done", String);
      const frame = document.body.appendChild(document.createElement("iframe"));
      const native = frame.contentWindow!.fetch as typeof fetch;
      const wrong = [
        ["/api/who", { method: "BAD METHOD" }],
        ["/api/who", { headers: { "bad header": "1" } }],
        ["/api/who", { method: "GET", body: "x" }],
        ["http://[", undefined],
        ["/api/who", 7],
        [],
      ] as unknown as Parameters<typeof fetch>[];
      const pairs = [];
      for (const args of wrong) {
        pairs.push([
          await failure(window.fetch(...args)),
          await failure(native.apply(frame.contentWindow, args)),
        ]);
      }
      const illegal = await failure(
        Promise.resolve().then(() => window.fetch.call({} as Window, "/api/who")),
      );
      frame.remove();
      return { pairs, illegal };
    });
    for (const [ours, native] of errors.pairs) expect(ours).toBe(native);
    expect(errors.illegal).toContain("TypeError");
  });

  it("does not pin other paths and other origins", async () => {
    const other = await startEcho();
    await page.evaluate(async (elsewhere) => {
      await fetch("/.lockstep/status");
      await fetch("/favicon.ico");
      await fetch(`${elsewhere}/api/who`, { mode: "no-cors" }).catch(() => {}); // the CSP forbids it
    }, other.url);
    const free = await (await stage.browser.newContext({ bypassCSP: true })).newPage();
    await free.goto(stage.url);
    const headers = await free.evaluate(
      async (elsewhere) => (await fetch(`${elsewhere}/api/who`)).json(),
      other.url,
    );
    expect(Object.keys(headers).filter((name) => name.startsWith("x-lockstep"))).toEqual([]);
    const rebased = await free.evaluate(async (elsewhere) => {
      document.head.append(Object.assign(document.createElement("base"), { href: elsewhere }));
      return (await fetch("/api/who")).json(); // now an address of another origin
    }, other.url);
    expect(Object.keys(rebased).filter((name) => name.startsWith("x-lockstep"))).toEqual([]);
    expect(rebased.host).toBe(new URL(other.url).host);
    await free.context().close();
    await other.close();
  });
});

describe("XMLHttpRequest", () => {
  it("is pinned with the app's headers, when reused and when synchronous", async () => {
    const answer = await page.evaluate(async () => {
      const xhr = new XMLHttpRequest();
      const ask = () =>
        new Promise<string>((resolve) => {
          xhr.open("GET", "/api/who");
          xhr.setRequestHeader("x-app", "1");
          xhr.onload = () => resolve(JSON.parse(xhr.responseText));
          xhr.send();
        });
      const first = await ask();
      const second = await ask();
      xhr.onload = null;
      xhr.open("GET", "/api/who", false);
      xhr.send();
      return [first, second, JSON.parse(xhr.responseText)] as unknown as { served: string; headers: any }[];
    });
    expect(answer.map((one) => one.served)).toEqual([ONE, ONE, ONE]);
    expect(answer[1]?.headers["x-app"]).toBe("1");
  });
});

describe("requests that cannot set a header", () => {
  it("EventSource is pinned by a query pair that the API never sees", async () => {
    const data = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const source = new EventSource("/api/events?topic=a%20b");
          source.onmessage = (event) => {
            source.close();
            resolve(event.data);
          };
        }),
    );
    expect(data).toBe(ONE);
    expect(stage.api.seen.map(({ url }) => url)).toEqual(["/api/events?topic=a%20b"]);
  });

  it("WebSocket is pinned with relative, http and ws addresses, and keeps its subprotocols", async () => {
    const answers = await page.evaluate(async () => {
      const ask = (address: string) =>
        new Promise((resolve, reject) => {
          const socket = new WebSocket(address);
          socket.onerror = reject;
          socket.onmessage = (event) => {
            socket.close();
            resolve(JSON.parse(event.data).served);
          };
        });
      const origin = location.origin;
      return [
        await ask("/api/socket"),
        await ask(`${origin}/api/socket`),
        await ask(`${origin.replace("http", "ws")}/api/socket?x=1`),
      ];
    });
    expect(answers).toEqual([ONE, ONE, ONE]);
  });

  it("sendBeacon is pinned by query and keeps its body", async () => {
    expect(await page.evaluate(() => navigator.sendBeacon("/api/who?beacon", "body"))).toBe(true);
    await expect.poll(() => stage.api.seen.length).toBe(1);
    expect(stage.api.seen[0]).toMatchObject({ version: ONE, method: "POST", body: "body" });
  });

  it.each(["worker", "shared"] as const)("requests of a worker are pinned: %s", async (kind) => {
    const all = { byFetch: ONE, byXhr: ONE, bySocket: ONE, byEvents: ONE };
    expect(await page.evaluate((one) => window.askWorker(one), kind)).toEqual(all);
  });

  it("a worker script from the API is pinned by query", async () => {
    await page.evaluate(() => new Worker("/api/who"));
    await expect.poll(() => stage.api.seen.map(({ version }) => version)).toEqual([ONE]);
  });

  it("two versions never share a SharedWorker", async () => {
    const newer = await openTab(stage, context);
    const all = (id: string) => ({ byFetch: id, byXhr: id, bySocket: id, byEvents: id });
    expect(await newer.evaluate(() => window.askWorker("shared"))).toEqual(all(TWO));
    expect(await page.evaluate(() => window.askWorker("shared"))).toEqual(all(ONE));
    await newer.close();
  });
});

describe("links and forms that lead to the API", () => {
  it.each([
    ["a link", async (old: Page) => old.click("#link"), "GET", "/api/page?x=1"],
    ["a link by keyboard", async (old: Page) => old.locator("#link").press("Enter"), "GET", "/api/page?x=1"],
    ["a form submitted by GET", async (old: Page) => old.click("#get button"), "GET", "/api/page?q=a+b"],
    ["a form submitted by POST", async (old: Page) => old.click("#post button"), "POST", "/api/page"],
    [
      "a form submitted by a script",
      async (old: Page) => old.evaluate(() => document.querySelector<HTMLFormElement>("#post")!.submit()),
      "POST",
      "/api/page",
    ],
  ])("%s is pinned", async (_what, follow, method, url) => {
    const old = await openOld();
    await follow(old);
    await old.waitForURL(/\/api\/page/);
    expect(await old.textContent("#served")).toBe(ONE);
    expect(stage.api.seen.at(-1)).toMatchObject({ method, url });
    if (method === "POST") expect(stage.api.seen.at(-1)?.body).toBe("q=a+b");
    await old.close();
  });

  it("a link opened in a new tab is pinned", async () => {
    const old = await openOld();
    const [opened] = await Promise.all([
      context.waitForEvent("page"),
      old.click("#link", { modifiers: ["ControlOrMeta"] }),
    ]);
    await opened.waitForSelector("#served");
    expect(await opened.textContent("#served")).toBe(ONE);
    await opened.close();
    await old.close();
  });

  it("are unchanged when the app handles them, and restored after they were followed", async () => {
    const old = await openOld();
    const seen = await old.evaluate(async () => {
      const link = document.querySelector<HTMLAnchorElement>("#link")!;
      const form = document.querySelector<HTMLFormElement>("#get")!;
      const during: (string | null)[] = [];
      document.body.addEventListener("click", (event) => event.preventDefault());
      document.body.addEventListener("submit", (event) => event.preventDefault());
      link.click();
      during.push(link.getAttribute("href"));
      form.requestSubmit();
      during.push(new URLSearchParams(new FormData(form) as never).toString());
      await new Promise((resolve) => setTimeout(resolve));
      return [...during, link.getAttribute("href"), form.innerHTML.includes("lockstep")];
    });
    expect(seen).toEqual(["/api/page?x=1#part", "q=a+b", "/api/page?x=1#part", false]);
    await old.close();
  });
});

describe("a patched function", () => {
  it("keeps its name, length, text, prototype, statics and constructor", async () => {
    const differences = await page.evaluate(() => {
      const frame = document.body.appendChild(document.createElement("iframe"));
      const native = frame.contentWindow as unknown as typeof globalThis;
      const look = (scope: any) => {
        const all = {
          fetch: scope.fetch,
          open: scope.XMLHttpRequest.prototype.open,
          EventSource: scope.EventSource,
          WebSocket: scope.WebSocket,
          Worker: scope.Worker,
          SharedWorker: scope.SharedWorker,
          sendBeacon: scope.Navigator.prototype.sendBeacon,
          submit: scope.HTMLFormElement.prototype.submit,
        };
        return Object.entries(all).map(([key, it]) => ({
          key,
          name: it.name,
          length: it.length,
          text: it.toString(),
          keys: Reflect.ownKeys(it).map(String),
          own: it.prototype && it.prototype.constructor === it,
          members: it.prototype && Reflect.ownKeys(it.prototype).map(String),
        }));
      };
      const [ours, theirs] = [look(window), look(native)];
      const descriptors = ["fetch", "WebSocket"].map((name) => {
        const { writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(window, name)!;
        return { writable, enumerable, configurable };
      });
      const nativeDescriptors = ["fetch", "WebSocket"].map((name) => {
        const { writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(native, name)!;
        return { writable, enumerable, configurable };
      });
      frame.remove();
      return {
        ours,
        theirs,
        descriptors,
        nativeDescriptors,
        globals: Object.keys(window).filter((key) => /lockstep/i.test(key)),
      };
    });
    expect(differences.ours).toEqual(differences.theirs);
    expect(differences.descriptors).toEqual(differences.nativeDescriptors);
    expect(differences.globals).toEqual(["lockstep"]); // set by the fixture
  });

  it("supports instanceof and subclasses", async () => {
    const facts = await page.evaluate(() => {
      class Mine extends WebSocket {
        mine = true;
      }
      const socket = new Mine("/api/socket");
      const facts = {
        mine: socket.mine,
        isMine: socket instanceof Mine,
        isSocket: socket instanceof WebSocket,
        constructor: new EventSource("/api/events").constructor === EventSource,
        tag: Object.prototype.toString.call(socket),
        open: WebSocket.OPEN,
      };
      socket.close();
      return facts;
    });
    expect(facts).toEqual({
      mine: true,
      isMine: true,
      isSocket: true,
      constructor: true,
      tag: "[object WebSocket]",
      open: 1,
    });
  });

  it("pins through a wrapper that a later script puts around window.fetch", async () => {
    const old = await openOld();
    const answer = await old.evaluate(async () => {
      const before = window.fetch;
      const log: string[] = [];
      window.fetch = async (...args) => {
        log.push(String(args[0]));
        return before(...args);
      };
      const { served } = await (await window.fetch("/api/who")).json();
      return { served, log };
    });
    expect(answer).toEqual({ served: ONE, log: ["/api/who"] });
    await old.close();
  });

  it("does not pin a window.fetch that a script (an extension) saved before the page script ran", async () => {
    await context.addInitScript(() => Object.assign(window, { saved: window.fetch }));
    const old = await openOld();
    const answers = await old.evaluate(async () => {
      const { saved } = window as never as { saved: typeof fetch };
      const ask = async (send: typeof fetch) => (await (await send("/api/who")).json()).served;
      return { saved: await ask(saved), now: await ask(window.fetch) };
    });
    expect(answers).toEqual({ saved: TWO, now: ONE });
    await old.close();
  });

  it("violates no Content-Security-Policy", async () => {
    expect(violations.filter((text) => !text.includes("connect-src") && !text.includes("127.0.0.1"))).toEqual(
      [],
    );
  });
});

describe("a page whose page script is blocked", () => {
  it("is pinned by the cookie until another tab moves the cookie", async () => {
    const profile = await stage.profile();
    await profile.route(/\/assets\/lockstep-/, (route) => route.abort());
    const tab = await openTab(stage, profile);
    expect(await tab.evaluate(() => window.lockstep.version)).toBeUndefined();
    expect(await served(tab)).toBe(TWO);
    await stage.promote(ONE);
    expect(await served(tab)).toBe(TWO); // pinned by the cookie, although ONE is current
    await openTab(stage, profile);
    expect(await served(tab)).toBe(ONE); // another tab moved the cookie
    await stage.promote(TWO);
  });
});

describe("a page script that the edge switches off", () => {
  it("restores the native functions in open pages and does not start in new ones", async () => {
    const profile = await stage.profile();
    await stage.point(ONE);
    const old = await openTab(stage, profile);
    await stage.point(TWO);
    await (await openTab(stage, profile)).close();
    expect(await served(old)).toBe(ONE);

    await stage.point(TWO, { off: true });
    await old.evaluate(() => window.lockstep.check());
    expect(await served(old)).toBe(TWO); // pinned by the cookie
    expect(await old.evaluate(() => Object.hasOwn(window.fetch, "toString"))).toBe(false);
    expect(await old.evaluate(() => Function.prototype.toString.call(window.fetch))).toContain(
      "function fetch()",
    );

    await old.reload();
    expect(await old.evaluate(() => Function.prototype.toString.call(window.WebSocket))).toContain(
      "WebSocket",
    );
    await stage.point(TWO);
    await old.evaluate(() => window.lockstep.check());
    await old.reload();
    expect(await old.evaluate(() => Function.prototype.toString.call(window.fetch))).not.toContain("fetch");
  });
});

/** Opens a tab of ONE in the profile whose cookie names TWO. */
async function openOld(): Promise<Page> {
  await stage.point(ONE);
  const old = await openTab(stage, context);
  await stage.point(TWO);
  await (await openTab(stage, context)).close();
  stage.api.seen.length = 0;
  return old;
}

/** Uses the unpatched fetch of an empty frame, so that only the cookie pins the request. */
function servedToFreshFrame(tab: Page): Promise<string> {
  return tab.evaluate(async () => {
    const frame = document.body.appendChild(document.createElement("iframe"));
    const response = await frame.contentWindow!.fetch(`${location.origin}/api/who`);
    const answer = await response.json();
    frame.remove();
    return answer.served;
  });
}

/** Starts another origin, which returns the headers of each request. */
function startEcho(): Promise<OtherSite> {
  return startOtherSite((request, response) => {
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("access-control-allow-headers", "*");
    response.end(JSON.stringify(request.headers));
  });
}
