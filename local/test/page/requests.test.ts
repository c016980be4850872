import type { BrowserContext, JSHandle, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Seen } from "./fixture-api.ts";
import { ONE, openOldTab, openStage, type Stage, TWO } from "./stage.ts";

// Every way to ask, once in a page of ONE and once in an empty frame, whose natives are not patched: the first goes to ONE, the
// second by the cookie to TWO, and but for that the service sees the same.
let stage: Stage;
let context: BrowserContext;
let page: Page;
let ours: JSHandle;
let native: JSHandle;

beforeAll(async () => {
  stage = await openStage({ versions: [ONE, TWO] });
  context = await stage.profile();
  page = await openOldTab(stage, context);
  ours = await page.evaluateHandle(() => window);
  native = await page.evaluateHandle(
    () => document.body.appendChild(document.createElement("iframe")).contentWindow!,
  );
});
afterAll(() => stage?.close());
beforeEach(() => {
  stage.api.seen.length = 0;
});

type Scope = any;

const fetches: Record<string, (scope: Scope) => Promise<unknown>> = {
  "a Request": (w) => w.fetch(new w.Request("/api/who?a=1&b=2&a=3&flag")).then((r: Response) => r.json()),
  "a Request with no-cors": (w) => w.fetch(new w.Request("/api/who", { mode: "no-cors" })),
  "a Request with no-cors and a body": (w) =>
    w.fetch(new w.Request("/api/who", { method: "POST", mode: "no-cors", body: "text" })),
  "a Request with a text": (w) => w.fetch(new w.Request("/api/who", { method: "POST", body: "text" })),
  "a Request with a form": (w) => {
    const body = new w.URLSearchParams({ a: "b c" });
    return w.fetch(new w.Request("/api/who", { method: "PUT", body }));
  },
  "a Request with a blob": (w) => {
    const body = new w.Blob(["blob"], { type: "application/x-test; charset=UTF-8" });
    return w.fetch(new w.Request("/api/who", { method: "PATCH", body }));
  },
  "a Request with bytes and without a type": (w) =>
    w.fetch(new w.Request("/api/who", { method: "POST", body: new w.Uint8Array([65, 66]) })),
  "a Request with a method and without a body": (w) =>
    w.fetch(new w.Request("/api/who", { method: "DELETE" })),
  "a Request with keepalive": (w) =>
    w.fetch(new w.Request("/api/who", { method: "POST", keepalive: true, body: "text" })),
  "a Request with an init": (w) =>
    w.fetch(new w.Request("/api/who", { headers: { "x-app": "1" } }), { method: "POST", body: "text" }),
  "a Request whose headers the init replaces": (w) =>
    w.fetch(new w.Request("/api/who", { headers: { "x-app": "1" } }), { headers: { "x-other": "2" } }),
  "a Request with a null init": (w) => w.fetch(new w.Request("/api/who"), null),
  "a cloned Request": (w) => w.fetch(new w.Request("/api/who", { method: "POST", body: "text" }).clone()),
  "a Request of a subclass": (w) => {
    const Mine = class extends (w.Request as typeof Request) {};
    return w.fetch(new Mine("/api/who", { method: "POST", body: "text" }));
  },
  "a Request of another frame": (w) => {
    const frame = w.document.body.appendChild(w.document.createElement("iframe"));
    const request = new frame.contentWindow.Request(`${w.origin}/api/who`, { method: "POST", body: "text" });
    return w.fetch(request);
  },
  "a Request without credentials": (w) => w.fetch(new w.Request("/api/who", { credentials: "omit" })),
  "a Request with a referrer": (w) =>
    w.fetch(new w.Request("/api/who", { referrer: "/some/page", referrerPolicy: "unsafe-url" })),
  "a Request without a referrer": (w) => w.fetch(new w.Request("/api/who", { referrer: "" })),
  "a Request that bypasses caches": (w) => w.fetch(new w.Request("/api/who", { cache: "reload" })),
  "a null init": (w) => w.fetch("/api/who", null),
  "an undefined init": (w) => w.fetch("/api/who", undefined),
  "an init with getters": (w) =>
    w.fetch("/api/who", {
      get method() {
        return "POST";
      },
      get headers() {
        return { "x-app": "1" };
      },
      get body() {
        return "text";
      },
    }),
  "an init with private fields": (w) => {
    class Options {
      #method = "PUT";
      get method() {
        return this.#method;
      }
      get headers() {
        return new w.Headers({ "x-app": "1" });
      }
    }
    return w.fetch("/api/who", new Options());
  },
  "headers as pairs": (w) => w.fetch("/api/who", { headers: [["x-app", "1"]] }),
  "headers as a Map": (w) => w.fetch("/api/who", { headers: new w.Map([["x-app", "1"]]) }),
  "headers as an iterator, which can be read once": (w) =>
    w.fetch("/api/who", { headers: new w.Map([["x-app", "1"]]).entries() }),
  "headers of another frame": (w) => {
    const frame = w.document.body.appendChild(w.document.createElement("iframe"));
    return w.fetch("/api/who", { headers: new frame.contentWindow.Headers({ "x-app": "1" }) });
  },
  "an init of another frame": (w) => w.fetch("/api/who", w.parent.JSON.parse('{"method":"POST","body":"x"}')),
  "no-cors": (w) => w.fetch("/api/who?q", { mode: "no-cors" }),
  "no-cors in an init of a class": (w) => {
    class Options {
      get mode() {
        return "no-cors";
      }
    }
    return w.fetch("/api/who", new Options());
  },
  "an address in an object": (w) => w.fetch({ toString: () => "/api/who?x=1" }),
  "a link as the address": (w) => {
    return w.fetch(Object.assign(w.document.createElement("a"), { href: "/api/who?x=1" }));
  },
  "an address with spaces around it": (w) => w.fetch(" \n/api/who?x=1\t "),
  "an address with a line break in it": (w) => w.fetch("/api/\nwho?x=1"),
  "an address with backslashes": (w) => w.fetch("\\api\\who?x=1"),
  "an address with a fragment": (w) => w.fetch("/api/who#lockstep=20200101-000000-0000000"),
  "an address with a query and a fragment": (w) => w.fetch("/api/who?x=1#?y"),
  "an address with an empty query": (w) => w.fetch("/api/who?#part"),
  "an address with a query that no parser would write": (w) =>
    w.fetch("/api/who?a=1&&b=%7e&=x&b=%7E+%20&%zz&lockstep=mine&flag"),
  "an address with dots": (w) => w.fetch("/x/%2e%2e/api/./y/../who"),
  "an address with an upper-case scheme": (w) => w.fetch(`${w.origin.replace("http", "HTTP")}/api/who`),
  "an address with an upper-case host": (w) =>
    w.fetch(`${w.origin.replace("localhost", "LOCALHOST")}/api/who`),
  "an address without a scheme": (w) => w.fetch(`//${w.parent.location.host}/api/who`),
  "an address with letters of the path encoded": (w) => w.fetch("/%61pi/who"),
  "an address with repeated slashes": (w) => w.fetch("/api//who"),
  "an address with umlauts": (w) => w.fetch("/api/who/ä?ö=ü"),
  "a priority": (w) => w.fetch("/api/who", { priority: "low" }),
};

const xhr = (w: Scope, open: unknown[], send?: unknown, prepare?: (xhr: XMLHttpRequest) => void) =>
  new Promise((resolve) => {
    const request: XMLHttpRequest = new w.XMLHttpRequest();
    request.onloadend = () => resolve(request.status);
    request.open(...(open as [string, string]));
    prepare?.(request);
    request.send(send as string);
  });

const xhrs: Record<string, (scope: Scope) => Promise<unknown>> = {
  "a URL": (w) => w.ask(w, ["GET", new w.URL("/api/who?x=1", w.origin)]),
  "a method in lower case": (w) => w.ask(w, ["put", "/api/who"], "text"),
  "async given": (w) => w.ask(w, ["POST", "/api/who?x=1#part", true], new w.Blob(["b"], { type: "a/b" })),
  "a user and a password": (w) => w.ask(w, ["GET", "/api/who", true, "me", "secret"]),
  "a null user": (w) => w.ask(w, ["GET", "/api/who", true, null, null]),
  "a form": (w) => w.ask(w, ["POST", "/api/who"], new w.URLSearchParams({ a: "b c" })),
  headers: (w) =>
    w.ask(w, ["DELETE", "/api/who"], null, (request: XMLHttpRequest) => {
      request.setRequestHeader("x-app", "1");
      request.setRequestHeader("X-App", "2");
    }),
  "a header that is no pin": (w) =>
    w.ask(w, ["GET", "/api/who"], null, (request: XMLHttpRequest) => {
      request.setRequestHeader("x-lockstep-other", "1");
    }),
  "an address in an object": (w) => w.ask(w, ["GET", { toString: () => "/api/who?x=1" }]),
  "an absolute address": (w) => w.ask(w, ["GET", `${w.origin}/api/who?x=1`]),
  dots: (w) => w.ask(w, ["GET", "/x/../api/who"]),
  "no async": async (w) => {
    const request = new w.XMLHttpRequest();
    request.open("GET", "/api/who?sync=1", false);
    request.send();
    return request.status;
  },
  "undefined as async, which means false": async (w) => {
    const request = new w.XMLHttpRequest();
    request.open("GET", "/api/who?sync=1", undefined);
    request.send();
    return request.status;
  },
  "a user name in the address": (w) =>
    w.ask(w, ["GET", `http://me:secret@${w.parent.location.host}/api/who`]),
};

describe("XMLHttpRequest pins, and the service sees what the app sent", () => {
  beforeAll(() => page.evaluate(`for (const w of [window, frames[0]]) w.ask = ${xhr}`));

  it.each(Object.entries(xhrs))("with %s", async (_what, ask) => {
    const [theirStatus, status] = [await page.evaluate(ask, native), await page.evaluate(ask, ours)];
    const [theirs, mine] = stage.api.seen;
    expect([theirStatus, status]).toEqual([200, 200]);
    expect([theirs?.version, mine?.version]).toEqual([TWO, ONE]);
    expect(asSeen(mine)).toEqual(asSeen(theirs));
    expect(stage.api.seen).toHaveLength(2);
  });

  it("when one object is opened for a service, for something else, and for a service again", async () => {
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

describe("fetch() pins, and the service sees what the app sent", () => {
  it.each(Object.entries(fetches))("with %s", async (_what, ask) => {
    await page.evaluate(ask as never, native);
    await page.evaluate(ask as never, ours);
    const [theirs, mine] = stage.api.seen;
    expect([theirs?.version, mine?.version]).toEqual([TWO, ONE]);
    expect(asSeen(mine)).toEqual(asSeen(theirs));
    expect(stage.api.seen).toHaveLength(2);
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

  it("has no cache entry in common with the page's own requests", async () => {
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

  it("that is no version id is none", async () => {
    await page.evaluate(async () => {
      await fetch("/api/who", { headers: { "x-lockstep-version": "newest" } });
      await fetch("/api/who?lockstep=on");
    });
    expect(stage.api.seen.map(({ version }) => version)).toEqual([ONE, ONE]);
    expect(stage.api.seen[1]?.url).toBe("/api/who?lockstep=on");
  });

  it("does not make this page gone when that version is", async () => {
    const statuses = await page.evaluate(async () => {
      const gone = "20200101-000000-0000000";
      const byHeader = await fetch("/api/who", { headers: { "x-lockstep-version": gone } });
      const byAddress = await fetch(`/api/who?lockstep=${gone}`);
      return [byHeader.status, byAddress.status, window.lockstep.status];
    });
    expect(statuses).toEqual([409, 409, "outdated"]);
  });
});

describe("what the app sees of its requests", () => {
  it("has no pin in it", async () => {
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

  it("is the state of a Request as after a fetch that is not patched", async () => {
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

  it("is an abort with the app's own reason, also of a Request with a body", async () => {
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

  it("is the browser's own words when a Request or an address is wrong", async () => {
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

  it.each(["follow", "error", "manual"])("is a redirect as its mode %s says", async (redirect) => {
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

/** What a service sees of a request, but for who it is and where it came from. */
function asSeen(seen: Seen | undefined): unknown {
  const { host, cookie, referer, "x-lockstep-version": pin, ...headers } = seen!.headers;
  for (const name of Object.keys(headers))
    if (/^x-(lockstep|amz)|^via$|x-forwarded/.test(name)) delete headers[name];
  // An empty frame has another address.
  const from = referer?.includes("/some/page") ? referer : undefined;
  return { ...seen, version: "", headers, from, hasCookie: cookie !== undefined };
}
