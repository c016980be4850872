import type { BrowserContext, JSHandle, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ONE, openStage, openTwins, type Stage, TWO } from "./stage.ts";

// Opens each connection and sends each beacon twice: from a page of ONE, and from an empty frame, whose functions are
// not patched.
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
const QUERY = "?a=1&b=2&a=3&flag&x=%7e+ü";

const connections: Record<string, (scope: Scope, query: string) => Promise<unknown> | unknown> = {
  "an EventSource": (w, query) => {
    const source = new w.EventSource(`/api/events${query}`);
    return new Promise((resolve) => {
      source.onmessage = () => {
        source.close();
        resolve(source.url);
      };
    });
  },
  "an EventSource with a URL and credentials": (w, query) => {
    const source = new w.EventSource(new w.URL(`/api/events${query}`, w.origin), { withCredentials: true });
    return new Promise((resolve) => {
      source.onmessage = () => {
        source.close();
        resolve([source.url, source.withCredentials]);
      };
    });
  },
  "an EventSource subclass": (w, query) => {
    const Mine = class extends (w.EventSource as typeof EventSource) {};
    const source = new Mine(`/api/events${query}`);
    return new Promise((resolve) => {
      source.onmessage = () => {
        source.close();
        resolve([source.url, source instanceof w.EventSource]);
      };
    });
  },
  "a WebSocket": (w, query) => {
    const socket = new w.WebSocket(`/api/socket${query}`);
    return new Promise((resolve) => {
      socket.onmessage = () => {
        socket.close();
        resolve([socket.url, socket.protocol]);
      };
    });
  },
  "a WebSocket with a URL and protocols": (w, query) => {
    const socket = new w.WebSocket(new w.URL(`/api/socket${query}`, w.origin), ["graphql-ws", "soap"]);
    return new Promise((resolve) => {
      socket.onmessage = () => {
        socket.close();
        resolve([socket.url, socket.protocol]);
      };
    });
  },
  "a WebSocketStream": async (w, query) => {
    const stream = new w.WebSocketStream(`${w.origin.replace(/^http/, "ws")}/api/socket${query}`);
    await stream.opened;
    stream.close();
    return stream.url;
  },
  "a fetchLater": (w, query) => {
    w.fetchLater(`/api/who${query}`, { method: "POST", body: "text", activateAfter: 0 });
  },
  "a beacon without data": (w, query) => w.navigator.sendBeacon(`/api/who${query}`),
  "a beacon with text": (w, query) => w.navigator.sendBeacon(`/api/who${query}`, "text"),
  "a beacon with a blob": (w, query) =>
    w.navigator.sendBeacon(`/api/who${query}`, new w.Blob(["{}"], { type: "application/json" })),
  "a beacon with fields": (w, query) =>
    w.navigator.sendBeacon(new w.URL(`/api/who${query}`, w.origin), new w.URLSearchParams({ a: "1" })),
};

describe("the service sees the request of the app, and the app sees its own address, for", () => {
  it.each(Object.entries(connections))("%s", async (_what, connect) => {
    const text = `([w, query]) => (${connect})(w, query)`;
    // biome-ignore lint/security/noGlobalEval: wraps a function of the table, which takes two arguments
    const act = eval(text) as never;
    const theirs = await page.evaluate(act, [native, QUERY] as never);
    await expect.poll(() => stage.api.seen.length).toBe(1);
    const mine = await page.evaluate(act, [ours, QUERY] as never);
    await expect.poll(() => stage.api.seen.length).toBe(2);
    expect(mine).toEqual(theirs);
    expect(stage.api.seen.map(({ version }) => version)).toEqual([TWO, ONE]);
    const [one, two] = stage.api.seen.map(({ method, url, body, headers }) => [
      method,
      url,
      body,
      headers["content-type"],
    ]);
    expect(two).toEqual(one);
    expect(stage.api.seen[1]?.url).toContain("?a=1&b=2&a=3&flag&x=%7e+%C3%BC");
  });
});

describe("a worker", () => {
  it("with a wrong address fails with the native error", async () => {
    const words = await page.evaluate(
      (scopes) =>
        (scopes as Scope[]).map((scope) =>
          ["http://[", "https://other.test/worker.js"].map((address) => {
            try {
              return String(new scope.Worker(address));
            } catch (error) {
              return String(error);
            }
          }),
        ),
      [ours, native] as never[],
    );
    expect(words[0]).toEqual(words[1]);
  });
});
