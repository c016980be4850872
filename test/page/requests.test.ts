import type { BrowserContext, JSHandle, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Seen } from "./fixture-api.ts";
import { ONE, openStage, openTwins, type Stage, TWO } from "./stage.ts";
import { FETCHES, XHRS, xhr } from "./ways-to-ask.ts";

// Sends each request twice: from a page of ONE, and from an empty frame, whose functions are not patched. The first
// reaches ONE, the second reaches TWO by the cookie. Otherwise both must be the same for the service.
let stage: Stage;
let context: BrowserContext;
let page: Page;
let ours: JSHandle;
let native: JSHandle;

beforeAll(async () => {
  stage = await openStage({ versions: [ONE, TWO] });
  context = await stage.profile();
  ({ page, ours, native } = await openTwins(stage, context));
});
afterAll(() => stage?.close());
beforeEach(() => {
  stage.api.seen.length = 0;
});

type Scope = any;

describe("XMLHttpRequest pins without any other change of the request", () => {
  beforeAll(() => page.evaluate(`for (const w of [window, frames[0]]) w.ask = ${xhr}`));

  it.each(Object.entries(XHRS))("with %s", async (_what, ask) => {
    const [theirStatus, status] = [await page.evaluate(ask, native), await page.evaluate(ask, ours)];
    const [theirs, mine] = stage.api.seen;
    expect([theirStatus, status]).toEqual([200, 200]);
    expect([theirs?.version, mine?.version]).toEqual([TWO, ONE]);
    expect(asSeen(mine)).toEqual(asSeen(theirs));
    expect(stage.api.seen).toHaveLength(2);
  });

  it("when one object is opened for a service, for another path, and for a service again", async () => {
    const answers = await page.evaluate(async () => {
      const request = new XMLHttpRequest();
      const ask = (address: string) =>
        new Promise<string>((resolve) => {
          request.onload = () => resolve(request.responseText);
          request.open("GET", address);
          request.send();
        });
      return [await ask("/api/who"), await ask("/.lockstep/status"), await ask("/api/who")].map(
        (text) => JSON.parse(text).served,
      );
    });
    expect(answers).toEqual([ONE, undefined, ONE]);
  });
});

describe("fetch() pins without any other change of the request", () => {
  it.each(Object.entries(FETCHES))("with %s", async (_what, ask) => {
    await page.evaluate(ask as never, native);
    await page.evaluate(ask as never, ours);
    const [theirs, mine] = stage.api.seen;
    expect([theirs?.version, mine?.version]).toEqual([TWO, ONE]);
    expect(asSeen(mine)).toEqual(asSeen(theirs));
    expect(stage.api.seen).toHaveLength(2);
  });
});

describe("elements whose names hide properties of the document", () => {
  it("do not disturb the pinning of fetch()", async () => {
    await page.evaluate(async () => {
      const names = ["baseURI", "URL", "location", "hidden", "defaultView", "body", "addEventListener"];
      const forms = names.map((name) =>
        document.body.appendChild(Object.assign(document.createElement("form"), { name })),
      );
      await fetch("/api/who?path");
      await fetch("api/who?relative");
      await fetch(`${location.origin}/api/who?address`);
      for (const form of forms) form.remove();
    });
    expect(stage.api.seen.map(({ version }) => version)).toEqual([ONE, ONE, ONE]);
  });
});

describe("a page in a sandboxed frame, whose origin is null", () => {
  it("pins requests to the origin of its address", async () => {
    await page.evaluate(
      () =>
        new Promise((resolve) => {
          const frame = document.createElement("iframe");
          Object.assign(frame, { name: "sandboxed", src: "/", onload: resolve });
          frame.setAttribute("sandbox", "allow-scripts");
          document.body.append(frame);
        }),
    );
    const frame = page.frame({ name: "sandboxed" })!;
    stage.api.seen.length = 0;
    await frame.evaluate(async () => {
      await fetch("/api/who", { mode: "no-cors" });
      await fetch(`${location.origin}/api/who`, { mode: "no-cors" });
    });
    expect(await frame.evaluate(() => window.origin)).toBe("null");
    // The page in the frame is of TWO and has no cookies.
    const pins = await frame.evaluate(() =>
      performance.getEntriesByType("resource").map((entry) => entry.toJSON().name),
    );
    expect(pins.filter((name) => name.includes("/api/who"))).toEqual([
      `${stage.url}/api/who?lockstep=${TWO}`,
      `${stage.url}/api/who?lockstep=${TWO}`,
    ]);
    await page.evaluate(() => document.querySelector("[name=sandboxed]")!.remove());
  });
});

describe("a pin that the app sets itself", () => {
  it.each(["fetch", "a Request", "a Request and an init", "XMLHttpRequest", "the address", "a socket"])(
    "by %s is respected",
    async (how) => {
      await page.evaluate(
        async ({ how, TWO }) => {
          const headers = { "X-Lockstep-Version": TWO };
          const pinned = `lockstep=${TWO}`;
          if (how === "fetch") await fetch("/api/who?x=1", { method: "POST", headers });
          if (how === "a Request")
            await fetch(new Request("/api/who?x=1", { method: "POST", headers, body: "b" }));
          if (how === "a Request and an init")
            await fetch(new Request("/api/who?x=1"), { method: "POST", headers: Object.entries(headers) });
          if (how === "the address") await fetch(`/api/who?x=1&${pinned}`, { method: "POST" });
          if (how === "a socket")
            await new Promise((resolve) => (new WebSocket(`/api/who?x=1&${pinned}`).onmessage = resolve));
          if (how === "XMLHttpRequest")
            await new Promise((resolve) => {
              const request = new XMLHttpRequest();
              request.open("POST", "/api/who?x=1");
              request.setRequestHeader("x-app", "1");
              request.setRequestHeader("x-lockstep-version", TWO);
              request.onload = resolve;
              request.send("b");
            });
        },
        { how, TWO },
      );
      expect(stage.api.seen.map(({ version, url }) => ({ version, url }))).toEqual([
        { version: TWO, url: "/api/who?x=1" },
      ]);
      if (how === "XMLHttpRequest") expect(stage.api.seen[0]?.headers["x-app"]).toBe("1");
    },
  );

  it("shares no cache entry with the page's requests", async () => {
    const served = await page.evaluate(async (TWO) => {
      const own = await (await fetch("/api/max-age?explicit=1")).json();
      const byFetch = await fetch("/api/max-age?explicit=1", { headers: { "x-lockstep-version": TWO } });
      const byXhr = await new Promise<string>((resolve) => {
        const request = new XMLHttpRequest();
        request.open("GET", "/api/max-age?explicit=1");
        request.setRequestHeader("x-lockstep-version", TWO);
        request.onload = () => resolve(request.responseText);
        request.send();
      });
      return [own.served, (await byFetch.json()).served, JSON.parse(byXhr).served];
    }, TWO);
    expect(served).toEqual([ONE, TWO, TWO]);
  });

  it("is not a pin if its value is not a version id", async () => {
    await page.evaluate(async () => {
      await fetch("/api/who", { headers: { "x-lockstep-version": "newest" } });
      await fetch("/api/who?lockstep=on");
    });
    expect(stage.api.seen.map(({ version }) => version)).toEqual([ONE, ONE]);
    expect(stage.api.seen[1]?.url).toBe("/api/who?lockstep=on");
  });

  it("does not make this page gone if it names a version that is gone", async () => {
    const statuses = await page.evaluate(async () => {
      const gone = "20200101-000000-0000000";
      const byHeader = await fetch("/api/who", { headers: { "x-lockstep-version": gone } });
      const byAddress = await fetch(`/api/who?lockstep=${gone}`);
      return [byHeader.status, byAddress.status, window.lockstep.status];
    });
    expect(statuses).toEqual([409, 409, "outdated"]);
  });
});

describe("the app's view of its requests", () => {
  it("has no pin in addresses", async () => {
    const seen = await page.evaluate(async () => {
      const after = (object: EventTarget, type: string) =>
        new Promise((resolve) => object.addEventListener(type, resolve, { once: true }));
      const response = await fetch("/api/who?a=1#part");
      const bare = await fetch("/api/who");
      const redirected = await fetch(`/api/redirect?to=${encodeURIComponent("/api/who?b=2")}`);
      const request = new XMLHttpRequest();
      request.open("GET", "/api/who?a=1");
      request.send();
      await after(request, "load");
      const source = new EventSource("/api/events?a=1");
      const socket = new WebSocket("/api/socket?a=1");
      const addresses = [response, bare, response.clone(), redirected, source, socket].map(({ url }) => url);
      source.close();
      socket.close();
      return [...addresses, request.responseURL].map((address) => address.replace(location.host, "host"));
    });
    expect(seen).toEqual([
      "http://host/api/who?a=1",
      "http://host/api/who",
      "http://host/api/who?a=1",
      "http://host/api/who?b=2",
      "http://host/api/events?a=1",
      "ws://host/api/socket?a=1",
      "http://host/api/who?a=1",
    ]);
  });

  it("has the state of a Request as after a native fetch", async () => {
    const states = (w: Scope) => {
      const request = new w.Request("/api/echo", { method: "POST", body: "once" });
      const answer = w.fetch(request);
      const used = request.bodyUsed;
      return answer
        .then((response: Response) => response.text())
        .then((text: string) =>
          w.fetch(request).then(String, (error: Error) => [used, text, error.name, error.message]),
        );
    };
    expect(await page.evaluate(states, ours)).toEqual(await page.evaluate(states, native));
  });

  it("has aborts with the app's reason, also of a Request with a body", async () => {
    const reasons = await page.evaluate(async () => {
      const failure = (answer: Promise<unknown>) =>
        answer.then(
          () => "answered",
          (reason) => reason,
        );
      const early = new Request("/api/slow", {
        method: "POST",
        body: "b",
        signal: AbortSignal.abort("early"),
      });
      const controller = new AbortController();
      const { signal } = controller;
      const late = failure(fetch(new Request("/api/slow", { method: "POST", body: "b", signal })));
      const byInit = failure(fetch(new Request("/api/slow", { method: "POST", body: "b" }), { signal }));
      setTimeout(() => controller.abort("late"), 100);
      return [await failure(fetch(early)), await late, await byInit];
    });
    expect(reasons).toEqual(["early", "late", "late"]);
  });

  it("has the native errors of wrong Requests and addresses", async () => {
    const wrong = async (w: Scope) => {
      const words = (answer: Promise<unknown>) => answer.then(() => "answered", String);
      const used = new w.Request("/api/who", { method: "POST", body: "b" });
      await used.text();
      const locked = new w.Request("/api/who", { method: "POST", body: "b" });
      locked.body.getReader();
      return [
        await words(w.fetch(used)),
        await words(w.fetch(locked)),
        await words(w.fetch(new w.Request("/api/who"), { method: "GET", body: "b" })),
        await words(w.fetch("/api/who", { mode: "navigate" })),
        await words(w.fetch("/api/who", { headers: "x" })),
        await words(w.fetch("http://me:secret@localhost:1/api/who")),
        await words(
          w.fetch("/api/who", { integrity: "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }),
        ),
      ];
    };
    expect(await page.evaluate(wrong, ours)).toEqual(await page.evaluate(wrong, native));
  });

  it.each(["follow", "error", "manual"])("has redirects according to the mode %s", async (redirect) => {
    const outcome = (w: Scope) =>
      w
        .redirected(w, w.redirect)
        .then(({ type, redirected, status }: Response) => [type, redirected, status], String);
    await page.evaluate((mode) => {
      for (const w of [window, frames[0] as Window])
        Object.assign(w, {
          redirect: mode,
          redirected: (scope: Scope, redirect: string) =>
            scope.fetch(new scope.Request("/api/redirect?to=/api/who", { redirect })),
        });
    }, redirect);
    expect(await page.evaluate(outcome, ours)).toEqual(await page.evaluate(outcome, native));
  });
});

/** Removes from a request what depends on its version and its frame. */
function asSeen(seen: Seen | undefined): unknown {
  const { host, cookie, referer, "x-lockstep-version": pin, ...headers } = seen!.headers;
  for (const name of Object.keys(headers))
    if (/^x-(lockstep|amz)|^via$|x-forwarded/.test(name)) delete headers[name];
  // An empty frame has another address, which is its default referrer.
  const from = referer?.includes("/some/page") ? referer : undefined;
  return { ...seen, version: "", headers, from, hasCookie: cookie !== undefined };
}
