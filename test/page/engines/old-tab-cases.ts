import { ONE, type Stage, TWO } from "../stage.ts";
import { NO_CHANNEL } from "./collect-errors.ts";
import type { EngineName, Tab } from "./engine.ts";

/** Tabs of one profile, whose cookie names TWO (if the engine stores the cookie), and helpers for a case. */
export interface Scene {
  engine: EngineName;
  stage: Stage;
  /** Another origin. */
  elsewhere: string;
  /** The old tab that all cases share: a page of ONE. No case may navigate it. */
  old: Tab;
  /** A tab of TWO. */
  young: Tab;
  /** Opens an old tab that a case may navigate. `cookie`: "moved" by another tab (default), or "kept". */
  leavingOld(query?: string, cookie?: "moved" | "kept"): Promise<Tab>;
  /** Waits for a request with this word in its address. Returns the version that received it. Default timeout: 10 s. */
  seen(word: string, timeoutMs?: number): Promise<string>;
  /** Waits until the tab shows a page of the API. Returns the version that answered. */
  page(tab: Tab): Promise<string>;
}

export interface Case {
  /** A row of docs/page.md. */
  what: string;
  act(scene: Scene): Promise<unknown>;
  /** Default: ONE, the version that answers. */
  expected?: unknown;
  /** The cell of docs/page.md. Default: "pinned". */
  cell?: string;
  /** Engines with a different result, and the reason. */
  differs?: Partial<Record<EngineName, { expected: unknown; cell: string; because: string }>>;
}

const NO_COOKIE =
  "WebKit stores no `Secure` cookie over http, not even on localhost, so not on the local AWS. Over https it does.";

const ask = async (path: string) => (await (await fetch(path)).json()).served as string;

export const CASES: Case[] = [
  {
    what: "`fetch` of a path, a relative path, a full URL, a `URL` object",
    expected: [ONE, ONE, ONE, ONE],
    act: ({ old }) =>
      old.evaluate(async () => {
        const served = async (input: string | URL) => (await (await fetch(input)).json()).served;
        return [
          await served("/api/who"),
          await served("api/who"),
          await served(`${location.origin}/api/who`),
          await served(new URL("/api/who?x=1", location.origin)),
        ];
      }),
  },
  {
    what: "`fetch` of a `Request`, also with a body",
    expected: [ONE, ONE, "body"],
    act: async ({ old, seen }) => [
      ...(
        await old.evaluate(async () => {
          const plain = await fetch(new Request("/api/who"));
          const init = { method: "POST", body: "body", headers: { "x-app": "1" } };
          const echo = await fetch(new Request("/api/echo?request-body", init));
          return [(await plain.json()).served, (await echo.text()) as string];
        })
      ).toSpliced(1, 0, await seen("request-body")),
    ],
  },
  {
    what: "`fetch` with `no-cors`, as an option and as a `Request`",
    expected: [ONE, ONE],
    act: async ({ old, seen }) => {
      await old.evaluate(async () => {
        await fetch("/api/who?option-no-cors", { mode: "no-cors" });
        await fetch(new Request("/api/who?request-no-cors", { mode: "no-cors" }));
      });
      return [await seen("option-no-cors"), await seen("request-no-cors")];
    },
  },
  {
    what: "`XMLHttpRequest`, also synchronous",
    expected: [ONE, ONE],
    act: ({ old }) =>
      old.evaluate(async () => {
        const send = (async: boolean) =>
          new Promise<string>((resolve, reject) => {
            const xhr = new XMLHttpRequest();
            xhr.open("POST", "/api/who", async);
            xhr.onload = () => resolve(JSON.parse(xhr.responseText).served);
            xhr.onerror = () => reject(new Error("the request failed"));
            xhr.send("body");
          });
        return [await send(true), await send(false)];
      }),
  },
  {
    what: "`EventSource`, also over a redirect",
    expected: [ONE, ONE],
    act: ({ old }) =>
      old.evaluate(async () => {
        const hear = (path: string) =>
          new Promise<string>((resolve, reject) => {
            const source = new EventSource(path);
            source.onmessage = ({ data }) => {
              source.close();
              resolve(data);
            };
            source.onerror = () => reject(new Error(`no event from ${path}`));
          });
        return [await hear("/api/events"), await hear("/api/kinds/redirect?status=307&to=/api/events")];
      }),
  },
  {
    what: "`WebSocket` of a path and of a full URL",
    expected: [ONE, ONE],
    act: ({ old }) =>
      old.evaluate(async () => {
        const hear = (address: string) =>
          new Promise<string>((resolve, reject) => {
            const socket = new WebSocket(address);
            socket.onmessage = ({ data }) => {
              socket.close();
              resolve(JSON.parse(data).served);
            };
            socket.onerror = () => reject(new Error(`no message from ${address}`));
          });
        const { origin } = location;
        return [await hear("/api/socket"), await hear(`${origin.replace(/^http/, "ws")}/api/socket?x=1`)];
      }),
  },
  {
    what: "`sendBeacon`",
    act: async ({ old, seen }) => {
      await old.evaluate(() => navigator.sendBeacon("/api/who?beacon", "body"));
      return seen("beacon");
    },
  },
  {
    what: "a `Worker` and a `SharedWorker`: `fetch`, `XMLHttpRequest`, `WebSocket`, `EventSource`",
    expected: [ONE, ONE, ONE, ONE, ONE, ONE, ONE, ONE],
    act: ({ old }) =>
      old.evaluate(async () => {
        const { askWorker } = window as never as { askWorker(kind: string): Promise<object> };
        return [
          ...Object.values(await askWorker("worker")),
          ...Object.values(await askWorker("shared")),
        ] as string[];
      }),
  },
  {
    what: "a redirect inside the API (302, 303, 307), by `fetch` and `XMLHttpRequest`",
    expected: [ONE, ONE, ONE, ONE, ONE, ONE],
    act: ({ old }) =>
      old.evaluate(async () => {
        const byXhr = (path: string) =>
          new Promise<string>((resolve) => {
            const xhr = new XMLHttpRequest();
            xhr.open("POST", path);
            xhr.onload = () => resolve(JSON.parse(xhr.responseText).served);
            xhr.send();
          });
        const answers: string[] = [];
        for (const status of [302, 303, 307]) {
          const path = `/api/kinds/redirect?status=${status}&to=/api/who`;
          answers.push((await (await fetch(path, { method: "POST" })).json()).served, await byXhr(path));
        }
        return answers;
      }),
  },
  {
    what: "a redirect to another origin that allows CORS `*` but no preflight",
    expected: ["elsewhere", "elsewhere"],
    cell: "followed",
    act: ({ old, elsewhere }) =>
      old.evaluate(async (other) => {
        const path = `/api/kinds/redirect?status=302&to=${other}/file`;
        const byXhr = new Promise<string>((resolve, reject) => {
          const xhr = new XMLHttpRequest();
          xhr.open("GET", path);
          xhr.onload = () => resolve(JSON.parse(xhr.responseText).served);
          xhr.onerror = () => reject(new Error("the redirect failed"));
          xhr.send();
        });
        return [(await (await fetch(path)).json()).served, await byXhr];
      }, elsewhere),
  },
  {
    what: "a response with `max-age` that a tab of the other version has cached",
    expected: [TWO, ONE, TWO, ONE],
    act: async ({ old, young }) => {
      const answers = [];
      for (const tab of [young, old, young, old]) answers.push(await tab.evaluate(ask, "/api/kinds/stored"));
      return answers;
    },
  },
  {
    what: "a response with the same `ETag` in both versions",
    expected: [TWO, ONE, TWO, ONE],
    act: async ({ old, young }) => {
      const answers = [];
      for (const tab of [young, old, young, old])
        answers.push(await tab.evaluate(ask, "/api/kinds/revalidated"));
      return answers;
    },
  },
  {
    what: "`WebSocketStream`",
    act: ({ old }) =>
      old.evaluate(async () => {
        const { WebSocketStream } = globalThis as { WebSocketStream?: new (address: string) => any };
        if (!WebSocketStream) return "not there";
        const stream = new WebSocketStream(`${location.origin.replace(/^http/, "ws")}/api/socket`);
        const { readable } = await stream.opened;
        const { value } = await readable.getReader().read();
        stream.close();
        return JSON.parse(value).served;
      }),
    differs: {
      firefox: { expected: "not there", cell: "not supported", because: "Only Chromium supports it." },
      webkit: { expected: "not there", cell: "not supported", because: "Only Chromium supports it." },
    },
  },
  {
    what: "`<link rel=preload>` and the `fetch` that uses it",
    act: ({ old }) =>
      old.evaluate(
        (path) =>
          new Promise<string>((resolve, reject) => {
            const link = document.createElement("link");
            Object.assign(link, { rel: "preload", as: "fetch", crossOrigin: "anonymous", href: path });
            link.onerror = () => reject(new Error("the preload failed"));
            link.onload = async () => resolve((await (await fetch(path)).json()).served);
            document.head.append(link);
          }),
        "/api/who?preload",
      ),
  },
  {
    what: "a link that is clicked",
    act: async ({ leavingOld, page }) => {
      const tab = await leavingOld();
      await tab.click(() => document.querySelector("#link"));
      return page(tab);
    },
  },
  {
    what: "a link outside the document, `a.click()`",
    act: async ({ leavingOld, page }) => {
      const tab = await leavingOld();
      await tab.evaluate(() => {
        const link = Object.assign(document.createElement("a"), { href: "/api/page?detached" });
        setTimeout(() => link.click()); // this call must return before the page unloads
      });
      return page(tab);
    },
  },
  {
    what: "`window.open`",
    act: async ({ leavingOld, seen }) => {
      const tab = await leavingOld();
      await tab.evaluate(() => {
        const button = document.body.appendChild(document.createElement("button"));
        button.id = "open";
        button.onclick = () => Object.assign(window, { opened: window.open("/api/page?opened") });
      });
      await tab.click(() => document.querySelector("#open"));
      const version = await seen("opened");
      await tab.evaluate(() => (window as never as { opened: Window }).opened.close());
      return version;
    },
  },
  {
    what: "a form, by GET and by POST",
    expected: [ONE, ONE],
    act: async ({ leavingOld, page }) => {
      const tab = await leavingOld();
      await tab.click(() => document.querySelector("#get button"));
      const byGet = await page(tab);
      await leavingOld();
      await tab.click(() => document.querySelector("#post button"));
      return [byGet, await page(tab)];
    },
  },
  {
    what: "a form by POST that is answered with 303",
    act: async ({ leavingOld, page }) => {
      const tab = await leavingOld();
      await tab.evaluate(() => {
        const form = document.querySelector<HTMLFormElement>("#post")!;
        form.setAttribute("action", "/api/kinds/redirect?status=303&to=/api/page");
      });
      await tab.click(() => document.querySelector("#post button"));
      return page(tab);
    },
  },
  {
    what: "a link and a form in shadow roots",
    expected: [ONE, ONE],
    act: async ({ leavingOld, page }) => {
      const tab = await leavingOld();
      await tab.evaluate(() => {
        const host = document.body.appendChild(document.createElement("div"));
        host.id = "host";
        host.attachShadow({ mode: "open" }).innerHTML = '<a href="/api/page?shadow"><b>Report</b></a>';
      });
      await tab.click(() => document.querySelector("#host")!.shadowRoot!.querySelector("b"));
      const byLink = await page(tab);
      await leavingOld();
      await tab.evaluate(() => {
        const host = document.body.appendChild(document.createElement("div"));
        host.id = "host";
        host.attachShadow({ mode: "open" }).innerHTML =
          '<form method="post" action="/api/page"><input name="q"><button>Send</button></form>';
      });
      await tab.click(() => document.querySelector("#host")!.shadowRoot!.querySelector("button"));
      return [byLink, await page(tab)];
    },
  },
  {
    what: "a frame, an image, a script, a module and a style sheet of the API (no other tab has moved the cookie)",
    expected: [ONE, ONE, ONE, ONE, ONE],
    cell: "by the cookie",
    act: async ({ leavingOld, seen }) => {
      const tab = await leavingOld("", "kept");
      await tab.evaluate(() => {
        document.body.appendChild(document.createElement("iframe")).src = "/api/page?framed";
        document.body.appendChild(document.createElement("img")).src = "/api/who?image";
        document.body.appendChild(document.createElement("script")).src = "/api/who?script";
        const style = { rel: "stylesheet", href: "/api/who?style" };
        document.head.append(Object.assign(document.createElement("link"), style));
        const module = document.createElement("script");
        module.type = "module";
        module.src = "/api/who?module";
        document.body.append(module);
      });
      return [
        await seen("framed"),
        await seen("image"),
        await seen("script"),
        await seen("style"),
        await seen("module"),
      ];
    },
    differs: { webkit: { expected: [TWO, TWO, TWO, TWO, TWO], cell: "current", because: NO_COOKIE } },
  },
  {
    what: "the `ping` of a link (no other tab has moved the cookie)",
    cell: "by the cookie",
    act: async ({ engine, leavingOld, page, seen }) => {
      const tab = await leavingOld("", "kept");
      await tab.evaluate(() => document.querySelector("#link")!.setAttribute("ping", "/api/who?ping"));
      await tab.click(() => document.querySelector("#link"));
      await page(tab);
      return seen("ping", engine === "firefox" ? 300 : undefined).catch(() => "not sent");
    },
    differs: {
      firefox: { expected: "not sent", cell: "not sent", because: "Firefox disables `ping`." },
      webkit: { expected: TWO, cell: "current", because: NO_COOKIE },
    },
  },
  {
    what: "the heartbeat, without cookies",
    expected: { version: ONE, cookie: undefined },
    act: async ({ leavingOld, stage }) => {
      const { requests } = stage.world.origin;
      requests.length = 0;
      await leavingOld();
      const isHeartbeat = ({ url, headers }: { url?: string; headers: { host?: string } }) =>
        url === "/api/health" && headers.host!.startsWith(ONE);
      await expectEventually(async () => requests.some(isHeartbeat), true);
      return { version: ONE, cookie: requests.find(isHeartbeat)?.headers.cookie };
    },
  },
  {
    what: "the status check, and a reload",
    expected: ["outdated", TWO, TWO],
    cell: "reaches the current version",
    act: async ({ leavingOld }) => {
      const tab = await leavingOld();
      const heard = await tab.evaluate(async () => {
        await window.lockstep.check();
        return [window.lockstep.status, window.lockstep.current];
      });
      await tab.evaluate(() => void setTimeout(() => window.lockstep.reload()));
      const version = await expectEventually(() => tab.evaluate(() => window.lockstep.version), TWO);
      return [...heard, version];
    },
  },
  {
    what: "a page whose `BroadcastChannel` throws",
    expected: [ONE, "outdated", []],
    cell: "pinned, and learns of a new version",
    act: async ({ leavingOld }) => {
      const tab = await leavingOld(NO_CHANNEL);
      const served = await tab.evaluate(ask, "/api/who");
      const heard = await expectEventually(() => tab.evaluate(() => window.lockstep.status), "outdated");
      const errors = await tab.errors();
      return [served, heard, errors.filter((error) => error.includes("channel"))];
    },
  },
];

/**
 * Waits until `read` returns the wanted value. Returns the last value after a timeout. Ignores errors before: a page
 * may be loading.
 */
export async function expectEventually<Value>(read: () => Promise<Value>, wanted: Value): Promise<Value> {
  let last: Value | undefined;
  let failure: unknown;
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    try {
      failure = undefined;
      last = await read();
      if (last === wanted) return last;
    } catch (error) {
      failure = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  if (failure) throw failure;
  return last as Value;
}
