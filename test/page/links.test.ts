import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ONE, openOldTab, openStage, type Stage, TWO } from "./stage.ts";
import { FORMS, fields, LINKS, link, submit } from "./ways-to-navigate.ts";

// Links and forms in a page of ONE, in a browser whose cookie names TWO.
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
  // Links and forms load into a frame, so that the page stays.
  await page.evaluate(() => {
    document.body.innerHTML = '<iframe name="frame"></iframe><main></main>';
    document.body.onclick = null;
  });
});
afterEach(() => expect(errors).toEqual([]));

/** Inserts markup into the page. Templates create shadow roots. */
function show(html: string): Promise<void> {
  return page.evaluate((text) => {
    const main = document.querySelector("main")!;
    if ("setHTMLUnsafe" in main) main.setHTMLUnsafe(text);
  }, html);
}

/** Waits until the services have received exactly one request, for this address and version. */
async function followed(url = "/api/page", version: string = ONE): Promise<void> {
  await expect.poll(() => stage.api.seen.map((one) => [one.version, one.url])).toEqual([[version, url]]);
}

describe("a link is pinned", () => {
  it.each(LINKS)("%s", async (_what, html, act) => {
    await show(html);
    await page.evaluate(act);
    await followed();
  });

  it("that downloads a file, in and outside the document", async () => {
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

  it("with the middle mouse button", async () => {
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

  it("by document.open() with three arguments, which is the same as window.open()", async () => {
    await page.evaluate(() => void document.open("/api/page", "frame", ""));
    await followed();
  });

  it("until the next task, which restores its address", async () => {
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
      const detached = document.createElement("a");
      Object.assign(detached, { href: "/api/page?detached", target: "frame" });
      detached.click();
      detached.click();
      await new Promise((resolve) => setTimeout(resolve));
      return [first!, other!, detached].map((element) => element.getAttribute("href"));
    });
    expect(after).toEqual(["/api/page", "/changed", "/api/page?detached"]);
    // Waits for the last request, which the next test would count otherwise.
    await expect.poll(() => stage.api.seen.map(({ url }) => url)).toContain("/api/page?detached");
  });
});

describe("a link does not change", () => {
  it.each<[string, string, () => unknown]>([
    [
      "if the app handles it and stops its propagation",
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
      "while listeners that may handle it run",
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
    [
      "if the app handles it outside the document",
      "",
      () => {
        const element = Object.assign(document.createElement("a"), { href: "/api/page" });
        let href = "";
        element.onclick = (event) => {
          href = element.getAttribute("href")!;
          event.preventDefault();
        };
        element.click();
        return href;
      },
    ],
  ])("%s", async (_what, html, act) => {
    await show(html);
    expect(await page.evaluate(act)).toBe("/api/page");
    expect(stage.api.seen).toEqual([]);
  });

  it("if it leads elsewhere or names a version itself", async () => {
    // Only the last link is followed, because each navigation of the frame may cancel the one before.
    await show(
      `<a target="frame" href="/elsewhere?lockstep=on">x</a><a href="mailto:x@example.com">x</a><a target="frame" href="">x</a><a target="frame" href="/api/page?lockstep=${TWO}">x</a>`,
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
      "mailto:x@example.com",
      "",
      `/api/page?lockstep=${TWO}`,
    ]);
    await followed("/api/page", TWO);
  });
});

describe("a form is pinned", () => {
  it.each(FORMS)("%s", async (_what, html, act, url, body) => {
    await show(html);
    await page.evaluate(act);
    await followed(url);
    if (!html.includes("multipart")) expect(stage.api.seen[0]?.body).toBe(body);
  });

  it("with the Enter key in a field, in the document and in a shadow root", async () => {
    const form = '<form target="frame" method="post" action="/api/page"><input name="q"></form>';
    await show(form);
    await page.locator("main input").press("Enter");
    await followed();
    stage.api.seen.length = 0;
    await show(`<x-form><template shadowrootmode="open">${form}</template></x-form>`);
    await page.locator("x-form input").press("Enter");
    await followed();
  });

  it("with the pin first in the query, and restored afterwards", async () => {
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

  it("unless the app sends it, whose data has no pin", async () => {
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

  it("unless it closes a dialog", async () => {
    await show('<dialog open><form method="dialog" action="/api/page"><button value="ok">');
    await page.evaluate(submit);
    expect(await page.evaluate(() => document.querySelector("dialog")!.returnValue)).toBe("ok");
    expect(stage.api.seen).toEqual([]);
  });
});

describe("a patched function", () => {
  it("has the descriptors, name, length and text of the native function", async () => {
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

  it("throws the native error for a wrong call", async () => {
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
