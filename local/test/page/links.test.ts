import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ONE, openOldTab, openStage, type Stage, TWO } from "./stage.ts";

// Links and forms of a page of ONE, in a browser whose cookie names TWO.
let stage: Stage;
let context: BrowserContext;
let page: Page;
const errors: string[] = [];

beforeAll(async () => {
  stage = await openStage({ versions: [ONE, TWO] });
  context = await stage.profile();
  page = await openOldTab(stage, context);
  page.on("pageerror", (error) => errors.push(String(error)));
});
afterAll(() => stage?.close());
beforeEach(async () => {
  stage.api.seen.length = 0;
  errors.length = 0;
  // What is followed loads into a frame, so that the page stays.
  await page.evaluate(() => {
    document.body.innerHTML = '<iframe name="frame"></iframe><main></main>';
    document.body.onclick = null;
  });
});
afterEach(() => expect(errors).toEqual([]));

/** Puts markup into the page. Shadow roots may be written as templates. */
function show(html: string): Promise<void> {
  return page.evaluate((text) => {
    const main = document.querySelector("main")!;
    if ("setHTMLUnsafe" in main) main.setHTMLUnsafe(text);
  }, html);
}

/** What the services have seen: the first request, who answered it, and that there was no other. */
async function followed(url = "/api/page", version: string = ONE): Promise<void> {
  await expect.poll(() => stage.api.seen.map((one) => [one.version, one.url])).toEqual([[version, url]]);
}

const link = '<a id="link" target="frame" href="/api/page"><b>Report</b></a>';
const click = () => document.querySelector<HTMLElement>("#link")!.click();

describe("a link is pinned", () => {
  it.each<[string, string, () => unknown]>([
    ["that is clicked by a program", link, click],
    ["whose child is clicked", link, () => document.querySelector<HTMLElement>("#link b")!.click()],
    [
      "when a listener stops the event on its way up",
      `<div id="menu">${link}</div>`,
      () => {
        document.querySelector<HTMLElement>("#menu")!.onclick = (event) => event.stopPropagation();
        document.querySelector<HTMLElement>("#link")!.click();
      },
    ],
    [
      "when a listener stops the event at once",
      link,
      () => {
        const element = document.querySelector<HTMLElement>("#link")!;
        element.addEventListener("click", (event) => event.stopImmediatePropagation());
        element.click();
      },
    ],
    [
      "when a listener stops the event on its way down",
      link,
      () => {
        document.addEventListener("click", (event) => event.stopPropagation(), { capture: true, once: true });
        document.querySelector<HTMLElement>("#link")!.click();
      },
    ],
    [
      "when a listener cancels the bubbling in the old way",
      link,
      () => {
        const element = document.querySelector<HTMLElement>("#link")!;
        element.onclick = (event) => {
          event.cancelBubble = true;
        };
        element.click();
      },
    ],
    [
      "when the event does not bubble",
      link,
      () => document.querySelector("#link")!.dispatchEvent(new MouseEvent("click")),
    ],
    [
      "around a component with an open shadow root",
      '<a target="frame" href="/api/page"><x-button><template shadowrootmode="open"><span>x</span></template></x-button></a>',
      () => document.querySelector("x-button")!.shadowRoot!.querySelector("span")!.click(),
    ],
    [
      "around a component with a closed shadow root",
      '<a target="frame" href="/api/page"><x-button></x-button></a>',
      () => {
        const root = document.querySelector("x-button")!.attachShadow({ mode: "closed" });
        root.innerHTML = "<span>x</span>";
        root.querySelector("span")!.click();
      },
    ],
    [
      "in an open shadow root",
      `<x-menu><template shadowrootmode="open">${link}</template></x-menu>`,
      () => document.querySelector("x-menu")!.shadowRoot!.querySelector<HTMLElement>("#link b")!.click(),
    ],
    [
      "in a closed shadow root, when the event is stopped there",
      "<x-menu></x-menu>",
      () => {
        const root = document.querySelector("x-menu")!.attachShadow({ mode: "closed" });
        root.innerHTML = '<p><a target="frame" href="/api/page">x</a></p>';
        root.querySelector("p")!.onclick = (event) => event.stopPropagation();
        root.querySelector("a")!.click();
      },
    ],
    [
      "in a closed shadow root, by an event that stays there",
      "<x-menu></x-menu>",
      () => {
        const root = document.querySelector("x-menu")!.attachShadow({ mode: "closed" });
        root.innerHTML = '<a target="frame" href="/api/page">x</a>';
        root.querySelector("a")!.dispatchEvent(new MouseEvent("click", { bubbles: true }));
      },
    ],
    [
      "around a slot with the text of the page",
      '<x-link><template shadowrootmode="open"><a target="frame" href="/api/page"><slot></slot></a></template><i>x</i></x-link>',
      () => document.querySelector<HTMLElement>("x-link i")!.click(),
    ],
    [
      "of SVG",
      '<svg><a target="frame" href="/api/page"><text>x</text></a></svg>',
      () => document.querySelector("svg text")!.dispatchEvent(new MouseEvent("click", { bubbles: true })),
    ],
    [
      "of SVG with xlink:href",
      '<svg><a target="frame" xlink:href="/api/page"><text>x</text></a></svg>',
      () => document.querySelector("svg text")!.dispatchEvent(new MouseEvent("click", { bubbles: true })),
    ],
    [
      "of SVG with xlink:href, made by a program",
      "<svg></svg>",
      () => {
        const element = document.createElementNS("http://www.w3.org/2000/svg", "a");
        element.setAttribute("target", "frame");
        element.setAttributeNS("http://www.w3.org/1999/xlink", "href", "/api/page");
        document.querySelector("svg")!.append(element);
        element.dispatchEvent(new MouseEvent("click", { bubbles: true }));
      },
    ],
    [
      "of an image map",
      '<map name="m"><area shape="default" target="frame" href="/api/page"></map>',
      () => document.querySelector("area")!.click(),
    ],
    [
      "that is not in the document",
      "",
      () => {
        const element = document.createElement("a");
        Object.assign(element, { href: "/api/page", target: "frame" });
        element.click();
      },
    ],
    [
      "that is not in the document and gets an event",
      "",
      () => {
        const element = document.createElement("a");
        Object.assign(element, { href: "/api/page", target: "frame" });
        element.dispatchEvent(new MouseEvent("click"));
      },
    ],
    [
      "in a fragment that is not in the document",
      "",
      () => {
        const element = document.createElement("a");
        Object.assign(element, { href: "/api/page", target: "frame" });
        document.createDocumentFragment().append(element);
        element.click();
      },
    ],
    [
      "when a listener gives it another address",
      link,
      () => {
        const element = document.querySelector<HTMLAnchorElement>("#link")!;
        element.setAttribute("href", "/elsewhere");
        element.onclick = () => {
          element.href = "/api/page";
        };
        element.click();
      },
    ],
    ["with spaces around its address", '<a id="link" target="frame" href=" /api/page ">x</a>', click],
    ["inside a form with a field named matches", `<form><input name="matches">${link}</form>`, click],
  ])("%s", async (_what, html, act) => {
    await show(html);
    await page.evaluate(act);
    await followed();
  });

  it("of a download, in and outside the document", async () => {
    for (const isInside of [true, false]) {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.evaluate((inside) => {
          const element = document.createElement("a");
          Object.assign(element, { href: "/api/who?csv&b=1&a=2", download: "x.csv" });
          if (inside) document.body.append(element);
          element.click();
        }, isInside),
      ]);
      expect(download.suggestedFilename()).toBe("x.csv");
    }
    expect(stage.api.seen.map(({ version }) => version)).toEqual([ONE, ONE]);
    expect(stage.api.seen[0]?.url).toBe("/api/who?csv&b=1&a=2");
  });

  it("by the middle button", async () => {
    await show('<a id="link" href="/api/page">x</a>');
    const [opened] = await Promise.all([
      context.waitForEvent("page"),
      page.click("#link", { button: "middle" }),
    ]);
    await followed();
    await opened.close();
  });

  it("that opens in a new tab, and window.open()", async () => {
    await show('<a id="link" href="/api/page" target="_blank">x</a>');
    const [opened] = await Promise.all([context.waitForEvent("page"), page.click("#link")]);
    await followed();
    await opened.close();
    stage.api.seen.length = 0;
    const [window_] = await Promise.all([
      context.waitForEvent("page"),
      page.evaluate(() => void window.open("/api/page", "_blank", "popup")),
    ]);
    await followed();
    await window_.close();
  });

  it("and its address is as it was in the next task, whatever happened in this one", async () => {
    await show(
      '<a id="link" href="/api/page" target="frame">x</a><a id="other" href="/api/page" target="frame">x</a>',
    );
    const after = await page.evaluate(async () => {
      const [first, other] = document.querySelectorAll<HTMLAnchorElement>("main a");
      first!.click();
      first!.click();
      other!.click();
      other!.setAttribute("href", "/changed");
      await new Promise((resolve) => setTimeout(resolve));
      const detached = Object.assign(document.createElement("a"), { href: "/api/page", target: "frame" });
      detached.click();
      detached.click();
      await new Promise((resolve) => setTimeout(resolve));
      return [first!, other!, detached].map((element) => element.getAttribute("href"));
    });
    expect(after).toEqual(["/api/page", "/changed", "/api/page"]);
  });
});

describe("a link is not touched", () => {
  it.each<[string, string, () => unknown]>([
    [
      "when the app handles it after its propagation was stopped",
      link,
      () => {
        const element = document.querySelector<HTMLAnchorElement>("#link")!;
        let href = "";
        element.onclick = (event) => {
          event.preventDefault();
          event.stopPropagation();
          href = element.getAttribute("href")!;
        };
        element.click();
        return href;
      },
    ],
    [
      "while listeners that may handle it look at it",
      link,
      () => {
        const element = document.querySelector<HTMLAnchorElement>("#link")!;
        const hrefs = new Set<string>();
        const look = () => hrefs.add(element.getAttribute("href")!);
        for (const target of [window, document, element])
          for (const capture of [true, false])
            target.addEventListener("click", look, { once: true, capture });
        document.addEventListener("click", (event) => event.preventDefault(), { once: true });
        element.click();
        return [...hrefs].join();
      },
    ],
  ])("%s", async (_what, html, act) => {
    await show(html);
    expect(await page.evaluate(act)).toBe("/api/page");
    expect(stage.api.seen).toEqual([]);
  });

  it("when it leads elsewhere, or names a version itself", async () => {
    await show(
      `<a target="frame" href="/elsewhere?lockstep=on">x</a><a target="frame" href="/api/page?lockstep=${TWO}">x</a><a href="mailto:x@example.com">x</a><a target="frame" href="">x</a>`,
    );
    const hrefs = await page.evaluate(() => {
      const all: (string | null)[] = [];
      for (const element of document.querySelectorAll("main a")) {
        if (!element.getAttribute("href")!.startsWith("mailto")) (element as HTMLElement).click();
        all.push(element.getAttribute("href"));
      }
      return all;
    });
    expect(hrefs).toEqual([
      "/elsewhere?lockstep=on",
      `/api/page?lockstep=${TWO}`,
      "mailto:x@example.com",
      "",
    ]);
    await followed("/api/page", TWO);
  });
});

describe("a form is pinned", () => {
  const fields = '<input name="q" value="a b">';
  const submit = () => document.querySelector<HTMLElement>("main button")!.click();

  it.each<[string, string, () => unknown, string, string]>([
    [
      "by POST",
      `<form target="frame" method="post" action="/api/page?x=1">${fields}<button>`,
      submit,
      "/api/page?x=1",
      "q=a+b",
    ],
    [
      "by GET",
      `<form target="frame" action="/api/page?gone=1">${fields}<button>`,
      submit,
      "/api/page?q=a+b",
      "",
    ],
    [
      "by a button with an address and a method",
      `<form target="frame" action="/elsewhere">${fields}<button name="by" value="1" formaction="/api/page" formmethod="POST">`,
      submit,
      "/api/page",
      "q=a+b&by=1",
    ],
    [
      "by a button whose method overrides the form's",
      `<form target="frame" method="post" action="/api/page">${fields}<button formmethod="get">`,
      submit,
      "/api/page?q=a+b",
      "",
    ],
    [
      "with a method in capitals, several parts and a file",
      '<form target="frame" method="POST" action="/api/page" enctype="multipart/form-data"><button>',
      submit,
      "/api/page",
      "",
    ],
    ...[
      "getAttribute",
      "setAttribute",
      "prepend",
      "ownerDocument",
      "action",
      "method",
      "submit",
      "matches",
      "getRootNode",
      "addEventListener",
      "isConnected",
      "target",
    ].map((name): [string, string, () => unknown, string, string] => [
      `by POST with a field named ${name}`,
      `<form target="frame" method="post" action="/api/page"><input name="${name}"><button>`,
      submit,
      "/api/page",
      `${name}=`,
    ]),
    ...["getAttribute", "prepend", "append", "ownerDocument", "action", "method", "addEventListener"].map(
      (name): [string, string, () => unknown, string, string] => [
        `by GET with a field named ${name}`,
        `<form target="frame" action="/api/page"><input name="${name}"><button>`,
        submit,
        `/api/page?${name}=`,
        "",
      ],
    ),
    [
      "with a field named submit, by a program",
      '<form target="frame" method="post" action="/api/page"><input name="submit"><input name="getRootNode"></form>',
      () => HTMLFormElement.prototype.submit.call(document.querySelector("main form")!),
      "/api/page",
      "submit=&getRootNode=",
    ],
    [
      "with submit()",
      `<form target="frame" action="/api/page">${fields}</form>`,
      () => document.querySelector<HTMLFormElement>("main form")!.submit(),
      "/api/page?q=a+b",
      "",
    ],
    [
      "with requestSubmit()",
      `<form target="frame" action="/api/page">${fields}</form>`,
      () => document.querySelector<HTMLFormElement>("main form")!.requestSubmit(),
      "/api/page?q=a+b",
      "",
    ],
    [
      "in an open shadow root",
      `<x-form><template shadowrootmode="open"><form target="frame" method="post" action="/api/page">${fields}<button>x</button></form></template></x-form>`,
      () => document.querySelector("x-form")!.shadowRoot!.querySelector("button")!.click(),
      "/api/page",
      "q=a+b",
    ],
    [
      "in an open shadow root, with requestSubmit()",
      `<x-form><template shadowrootmode="open"><form target="frame" action="/api/page">${fields}</form></template></x-form>`,
      () => document.querySelector("x-form")!.shadowRoot!.querySelector("form")!.requestSubmit(),
      "/api/page?q=a+b",
      "",
    ],
    [
      "in a closed shadow root inside an open one",
      '<x-form><template shadowrootmode="open"><x-inner></x-inner></template></x-form>',
      () => {
        const inner = document.querySelector("x-form")!.shadowRoot!.querySelector("x-inner")!;
        const root = inner.attachShadow({ mode: "closed" });
        root.innerHTML =
          '<form target="frame" method="post" action="/api/page"><input name="q"><button>x</button></form>';
        root.querySelector("button")!.click();
      },
      "/api/page",
      "q=",
    ],
    [
      "when its event is stopped",
      `<form target="frame" method="post" action="/api/page">${fields}<button>`,
      () => {
        document.querySelector<HTMLFormElement>("main form")!.onsubmit = (event) => event.stopPropagation();
        document.querySelector<HTMLElement>("main button")!.click();
      },
      "/api/page",
      "q=a+b",
    ],
    [
      "by GET with fields outside of it",
      `<input form="f" name="first" value="1"><form id="f" target="frame" action="/api/page">${fields}<button>`,
      submit,
      "/api/page?first=1&q=a+b",
      "",
    ],
  ])("%s", async (_what, html, act, url, body) => {
    await show(html);
    await page.evaluate(act);
    await followed(url);
    if (!html.includes("multipart")) expect(stage.api.seen[0]?.body).toBe(body);
  });

  it("by Enter in a field, in the document and in a shadow root", async () => {
    const form = '<form target="frame" method="post" action="/api/page"><input name="q"></form>';
    await show(form);
    await page.locator("main input").press("Enter");
    await followed();
    stage.api.seen.length = 0;
    await show(`<x-form><template shadowrootmode="open">${form}</template></x-form>`);
    await page.locator("x-form input").press("Enter");
    await followed();
  });

  it("with the pin first in the query, and it is as it was afterwards", async () => {
    await show(`<form target="frame" action="/api/page">${fields}<button>`);
    const request = page.waitForRequest(/api\/page/);
    const data = await page.evaluate(async () => {
      const form = document.querySelector("form")!;
      const html = form.outerHTML;
      document.querySelector<HTMLElement>("main button")!.click();
      await new Promise((resolve) => setTimeout(resolve));
      return [new URLSearchParams(new FormData(form) as never).toString(), form.outerHTML === html];
    });
    expect(new URL((await request).url()).search).toBe(`?lockstep=${ONE}&q=a+b`);
    expect(data).toEqual(["q=a+b", true]);
    await followed("/api/page?q=a+b");
  });

  it("not when the app sends it itself, and its data has no pin in it", async () => {
    await show(`<form target="frame" action="/api/page">${fields}<button>`);
    const data = await page.evaluate(() => {
      const form = document.querySelector("form")!;
      const all: string[] = [];
      const read = () => all.push(new URLSearchParams(new FormData(form) as never).toString());
      form.onsubmit = (event) => {
        read();
        event.stopPropagation();
        event.preventDefault();
        read();
        all.push(form.getAttribute("action")!);
      };
      document.querySelector<HTMLElement>("main button")!.click();
      return all;
    });
    expect(data).toEqual(["q=a+b", "q=a+b", "/api/page"]);
    expect(stage.api.seen).toEqual([]);
  });

  it("not when it closes a dialog, or has no address", async () => {
    await show('<dialog open><form method="dialog" action="/api/page"><button value="ok">');
    await page.evaluate(submit);
    expect(await page.evaluate(() => document.querySelector("dialog")!.returnValue)).toBe("ok");
    expect(stage.api.seen).toEqual([]);
  });
});

describe("what the patched functions look like", () => {
  it("is as before", async () => {
    const differences = await page.evaluate(() => {
      const look = (scope: Window & typeof globalThis) => {
        const members: [object, string][] = [
          [scope.HTMLElement.prototype, "click"],
          [scope.EventTarget.prototype, "dispatchEvent"],
          [scope.Element.prototype, "attachShadow"],
          [scope.HTMLFormElement.prototype, "requestSubmit"],
          [scope.Event.prototype, "stopPropagation"],
          [scope.Event.prototype, "cancelBubble"],
          [scope.Response.prototype, "url"],
          [scope.XMLHttpRequest.prototype, "responseURL"],
          [scope.XMLHttpRequest.prototype, "setRequestHeader"],
          [scope, "open"],
        ];
        return members.map(([owner, name]) => {
          const { value, get, set, ...flags } = Object.getOwnPropertyDescriptor(owner, name)!;
          return [value, get, set].map((part) => [part?.name, part?.length, `${part?.toString()}`, flags]);
        });
      };
      return [look(window), look(frames[0] as never)].map((seen) => JSON.stringify(seen));
    });
    expect(differences[0]).toBe(differences[1]);
  });

  it("is the browser's own error when they are called wrongly", async () => {
    const words = await page.evaluate(() => {
      const look = (scope: Window & typeof globalThis) => {
        const calls = [
          () => scope.HTMLFormElement.prototype.submit.call({} as never),
          () => scope.HTMLFormElement.prototype.requestSubmit.call({} as never),
          () => scope.HTMLElement.prototype.click.call({} as never),
          () => scope.EventTarget.prototype.dispatchEvent.call(scope, {} as never),
          () => (scope.EventTarget.prototype.dispatchEvent as unknown as () => void).call(scope),
          () => scope.Event.prototype.stopPropagation.call({} as never),
          () => Object.getOwnPropertyDescriptor(scope.Response.prototype, "url")!.get!.call({}),
          () => scope.document.body.attachShadow({ mode: "no" } as never),
        ];
        return calls.map((call) => {
          try {
            return call();
          } catch (error) {
            return String(error);
          }
        });
      };
      return [look(window), look(frames[0] as never)];
    });
    expect(words[0]).toEqual(words[1]);
  });
});
