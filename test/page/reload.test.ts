import type { BrowserContext, Dialog, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FOUR, ONE, openStage, openTab, type Stage, status, THREE, TWO } from "./stage.ts";

let stage: Stage;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());
beforeEach(async () => {
  await stage.point(ONE);
  context = await stage.profile();
  page = await openTab(stage, context);
  await expect.poll(() => page.evaluate(() => window.lockstep.current)).toBe(ONE);
});
afterEach(() => context.close());

describe("reload()", () => {
  it("loads the current version at the same path, query and hash", async () => {
    await page.goto(`${stage.url}/shop/7?x=1&y=a%20b#part`);
    await outdate();
    await reload(page);
    expect(page.url()).toBe(`${stage.url}/shop/7?x=1&y=a%20b#part`);
    expect(await versionOf(page)).toBe(TWO);
  });

  it("waits for callbacks, reports their errors, and has a timeout", async () => {
    await page.clock.install();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.evaluate(() => {
      const { lockstep } = window;
      lockstep.onBeforeReload(async () => {
        await Promise.resolve();
        sessionStorage.saved = "yes";
      });
      lockstep.onBeforeReload(() => {
        throw new Error("no disk");
      });
      lockstep.onBeforeReload(() => new Promise(() => {}));
      const stop = lockstep.onBeforeReload(() => {
        sessionStorage.stopped = "no";
      });
      stop();
    });
    const loaded = page.waitForEvent("load");
    await page.evaluate(() => void window.lockstep.reload());
    await expect.poll(() => errors).toEqual(["no disk"]);
    await page.clock.runFor(3000);
    await loaded;
    expect(await page.evaluate(() => ({ ...sessionStorage }))).toMatchObject({ saved: "yes" });
    expect(await page.evaluate(() => sessionStorage.stopped)).toBeUndefined();
  });

  it("works if reading navigator.serviceWorker throws, as in a sandboxed frame", async () => {
    await page.evaluate(() =>
      Object.defineProperty(navigator, "serviceWorker", {
        get() {
          throw new DOMException("no", "SecurityError");
        },
      }),
    );
    await outdate();
    await reload(page);
    expect(await versionOf(page)).toBe(TWO);
  });
});

describe("a draft", () => {
  it("survives one reload with its events, but without the password", async () => {
    await page.evaluate(() => window.keepForm(window.lockstep, document.querySelector("form")!));
    await page.fill("[name=title]", "Lanterns");
    await page.fill("[name=text]", "two\nlines");
    await page.selectOption("[name=color]", "blue");
    await page.check("[name=agreed]");
    await page.fill("[name=secret]", "secret");
    await outdate();
    await reload(page);
    expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain("secret");
    const events = await page.evaluate(() => {
      const heard: string[] = [];
      document.addEventListener("input", (event) => heard.push((event.target as HTMLInputElement).name));
      window.keepForm(window.lockstep, document.querySelector("form")!);
      return heard;
    });
    expect(events).toEqual(["title", "text", "color", "agreed"]);
    expect(await values()).toEqual(["Lanterns", "two\nlines", "blue", true, ""]);
    await page.reload();
    await page.evaluate(() => window.keepForm(window.lockstep, document.querySelector("form")!));
    expect(await values()).toEqual(["", "", "red", false, ""]);
  });

  it("needs a name", async () => {
    const failing = page.evaluate(
      () => void window.keepForm(window.lockstep, document.createElement("form")),
    );
    await expect(failing).rejects.toThrow("keepForm() needs a key, or a form with an id or a name");
  });

  it("never contains values that browsers store encrypted or not at all", async () => {
    await page.evaluate(() => {
      document.querySelector("form")!.innerHTML = [
        ["number", "cc-number"],
        ["billing", "section-pay billing CC-Exp"],
        ["code", "one-time-code"],
        ["old", "current-password webauthn"],
        ["new", "\tnew-password\n"],
        ["name", "section-x shipping name"],
        ["accented", "acc-"],
        ["elements", "off"],
        ["getAttribute", "on"],
      ]
        .map(([name, tokens]) => `<input name="${name}" autocomplete="${tokens}">`)
        .concat('<input type="password" name="shown">')
        .join("");
      window.keepForm(window.lockstep, document.querySelector("form")!);
    });
    await page.evaluate(() => {
      for (const field of document.querySelectorAll("input")) field.value = "4111 1111";
    });
    await page.evaluate(() => {
      document.querySelector<HTMLInputElement>("[name=shown]")!.type = "text"; // like a "show password" button
    });
    await outdate();
    await reload(page);
    const kept = await page.evaluate(() => JSON.parse(sessionStorage["lockstep-draft:draft"]));
    expect(kept.map(([name]: string[]) => name)).toEqual(["name", "accented", "elements", "getAttribute"]);
  });

  it("is lost if storage is blocked, without any other effect", async () => {
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.evaluate(() => {
      Object.defineProperty(window, "sessionStorage", {
        get() {
          throw new DOMException("denied", "SecurityError");
        },
      });
      window.keepForm(window.lockstep, document.querySelector("form")!);
    });
    await outdate();
    await reload(page);
    expect(await versionOf(page)).toBe(TWO);
    expect(errors).toEqual([]);
  });

  function values(): Promise<unknown[]> {
    return page.evaluate(() => {
      const { title, text, color, agreed, secret } = document.querySelector("form")!
        .elements as never as Record<string, HTMLInputElement>;
      return [title!.value, text!.value, color!.value, agreed!.checked, secret!.value];
    });
  }
});

describe("reloads that bring the old version back", () => {
  /** Serves the old page from now on, like a stale cache. */
  async function freeze(): Promise<void> {
    const old = await (await fetch(`${stage.url}/`, { headers: { accept: "text/html" } })).text();
    await context.route(`${stage.url}/`, (route) =>
      route.fulfill({
        body: old,
        contentType: "text/html",
        headers: { "content-security-policy": "default-src 'self'" },
      }),
    );
    await stage.point(TWO);
  }

  it("are tried twice, then a message appears", async () => {
    await freeze();
    for (let n = 0; n < 2; n++) {
      await outdate();
      await reload(page);
      expect(await versionOf(page)).toBe(ONE);
    }
    await outdate();
    await page.evaluate(() => window.lockstep.reload());
    expect(await page.getByRole("alert").textContent()).toMatch(/^This page could not be updated/);
    await page.evaluate(() => window.lockstep.reload());
    expect(await page.getByRole("alert").count()).toBe(1);
  });

  it("end with the app's own message if it has one", async () => {
    await freeze();
    for (let n = 0; n < 2; n++) {
      await outdate();
      await reload(page);
    }
    await outdate();
    await page.evaluate(() => {
      window.lockstep.onStuck(() => {
        document.title = "stuck";
      });
      return window.lockstep.reload();
    });
    expect(await page.title()).toBe("stuck");
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  it.each([
    ["with storage", ""],
    ["with storage that the app clears at each start", "sessionStorage.clear();"],
    [
      "with storage blocked",
      "for (const name of ['sessionStorage', 'localStorage']) Object.defineProperty(window, name, { get() { throw new DOMException('denied', 'SecurityError'); } });",
    ],
    ["with storage that stores nothing", "Storage.prototype.setItem = () => {};"],
  ])("end if the app calls reload() at each change of the status: %s", async (_how, start) => {
    const loads: number[] = [];
    await context.addInitScript(
      `${start} addEventListener("load", () => {
        const go = () => lockstep.status === "current" || lockstep.reload();
        lockstep.subscribe(go);
        go();
      });`,
    );
    await freeze();
    page.on("load", () => loads.push(loads.length));
    await page.goto(stage.url);
    await expect.poll(() => page.getByRole("alert").count()).toBe(1);
    await stage.point(THREE);
    await page.evaluate(() => window.lockstep.check());
    expect(loads.length).toBeGreaterThan(1);
    expect(loads.length).toBeLessThanOrEqual(3);
  });

  it.each(["immediate", "a call at each change"])(
    "end if stale caches return two old versions alternately: %s",
    async (how) => {
      const pages: string[] = [];
      for (const id of [ONE, TWO]) {
        await stage.point(id);
        pages.push(await (await fetch(`${stage.url}/`, { headers: { accept: "text/html" } })).text());
      }
      let loads = 0;
      await context.route(`${stage.url}/`, (route) =>
        route.fulfill({ body: pages[loads++ % 2]!, contentType: "text/html" }),
      );
      await stage.point(THREE);
      await context.addInitScript((by) => {
        addEventListener("load", () => {
          const { lockstep } = window;
          if (by === "immediate") lockstep.setPolicy("immediate");
          else lockstep.subscribe(() => void lockstep.reload());
        });
      }, how);
      await page.goto(stage.url);
      await expect.poll(() => page.getByRole("alert").count()).toBe(1);
      expect(loads).toBeGreaterThan(2);
      expect(loads).toBeLessThanOrEqual(5);
    },
  );

  it("are counted from zero after a reload that brought a newer version", async () => {
    const pages = new Map<string, string>();
    for (const id of [ONE, TWO]) {
      await stage.point(id);
      pages.set(id, await (await fetch(`${stage.url}/`, { headers: { accept: "text/html" } })).text());
    }
    const brought = [ONE, ONE, TWO, TWO];
    let loads = 0;
    await context.route(`${stage.url}/`, (route) =>
      route.fulfill({ body: pages.get(brought[loads++]!)!, contentType: "text/html" }),
    );
    await stage.point(THREE);
    await page.goto(stage.url);
    for (const id of brought.slice(1)) {
      await page.evaluate(() => window.lockstep.check());
      await reload(page);
      expect(await versionOf(page)).toBe(id);
    }
  });

  it("end if the app navigates to another page after each reload", async () => {
    let loads = 0;
    await context.addInitScript(() => {
      const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
      if (navigation!.type === "reload") location.replace("/");
      else addEventListener("load", () => window.lockstep.setPolicy("immediate"));
    });
    await freeze();
    page.on("load", () => loads++);
    await page.goto(stage.url);
    await expect.poll(() => page.getByRole("alert").count()).toBe(1);
    expect(loads).toBeLessThanOrEqual(6);
  });

  it("are not counted if the user cancels them", async () => {
    await outdate();
    await page.click("[name=title]"); // browsers ask only after a user gesture
    await page.evaluate(() => {
      window.onbeforeunload = (event) => event.preventDefault();
    });
    const cancel = (dialog: Dialog) => void dialog.dismiss();
    page.on("dialog", cancel);
    for (let n = 0; n < 3; n++) {
      const asked = page.waitForEvent("dialog");
      await page.evaluate(() => void window.lockstep.reload());
      await asked;
    }
    page.off("dialog", cancel);
    await page.evaluate(() => {
      window.onbeforeunload = null;
    });
    await reload(page);
    expect(await versionOf(page)).toBe(TWO);
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  it("are counted from zero once the current version has loaded", async () => {
    await freeze();
    for (let n = 0; n < 2; n++) {
      await outdate();
      await reload(page);
    }
    await context.unroute(`${stage.url}/`);
    await page.reload();
    expect(await versionOf(page)).toBe(TWO);
    await status(page, "current");
    await stage.point(THREE);
    await page.evaluate(() => window.lockstep.check());
    await reload(page);
    expect(await versionOf(page)).toBe(THREE);
  });

  it.each([
    ["with storage", ""],
    ["with storage that the app clears at each start", "sessionStorage.clear();"],
    [
      "with storage blocked",
      "Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('denied', 'SecurityError'); } });",
    ],
  ])("by a policy end after a few: %s", async (_how, start) => {
    const loads: number[] = [];
    await context.addInitScript(
      `${start} addEventListener("load", () => window.lockstep.setPolicy("immediate"));`,
    );
    await freeze();
    page.on("load", () => loads.push(loads.length));
    await page.goto(stage.url);
    await expect.poll(() => page.getByRole("alert").count()).toBe(1);
    expect(loads.length).toBeGreaterThan(1);
    expect(loads.length).toBeLessThanOrEqual(3);
    const before = loads.length;
    await page.evaluate(() => window.lockstep.check()); // news does not start it again
    await stage.point(THREE);
    await page.evaluate(() => window.lockstep.check());
    expect(loads.length).toBe(before);
  });
});

describe("setPolicy()", () => {
  it("prompt never reloads automatically, even if the version is gone", async () => {
    await page.evaluate(() => Object.assign(window, { same: true }));
    await outdate();
    await stage.point(TWO, { floor: TWO });
    await page.evaluate(() => window.lockstep.check());
    await status(page, "gone");
    expect(await page.evaluate(() => "same" in window)).toBe(true);
  });

  it("immediate reloads immediately", async () => {
    await page.evaluate(() => window.lockstep.setPolicy("immediate"));
    const loaded = page.waitForEvent("load");
    await stage.point(TWO);
    await page.evaluate(() => void window.lockstep.check());
    await loaded;
    expect(await versionOf(page)).toBe(TWO);
  });

  it("idle reloads when the tab is hidden and has no unsent input", async () => {
    await page.evaluate(() => window.lockstep.setPolicy("idle"));
    await outdate();
    expect(await versionOf(page)).toBe(ONE); // the tab is visible
    await page.fill("[name=title]", "typed");
    await hide();
    expect(await versionOf(page)).toBe(ONE); // the input would be lost
    await page.evaluate(() => document.querySelector("form")!.reset());
    const loaded = page.waitForEvent("load");
    await hide();
    await loaded;
    expect(await versionOf(page)).toBe(TWO);
  });

  it("idle waits for input whose field has left the page, until a service accepts a write", async () => {
    await page.evaluate(() => window.lockstep.setPolicy("idle"));
    await page.fill("[name=title]", "step 1");
    await page.evaluate(() => document.querySelector("form")!.remove());
    await outdate();
    await hide();
    await stays();
    await page.evaluate(() => fetch("/api/who")); // a read does not count as sent
    await page.evaluate(() => fetch("/api/status/500", { method: "POST" }));
    await page.evaluate(() => fetch("/.lockstep/status", { method: "POST" })); // not a service
    await stays();
    await reloads(() => void fetch("/api/who", { method: "POST", body: "step 1" }));
  });

  it("idle waits for input that is still in its field, even after a write", async () => {
    await page.evaluate(() => window.lockstep.setPolicy("idle"));
    await page.fill("[name=title]", "not sent");
    await outdate();
    await hide();
    await page.evaluate(() => fetch("/api/who", { method: "POST" })); // like a search while typing
    await stays();
    await reloads(() => document.querySelector("form")!.reset(), true);
  });

  it.each<[string, () => void]>([
    [
      "an editor that renders the text itself",
      () => {
        const editor = document.querySelector<HTMLElement>("#editor")!;
        editor.addEventListener("beforeinput", (event) => {
          event.preventDefault();
          editor.textContent += event.data;
        });
        editor.focus();
      },
    ],
    [
      "an editor in a frame",
      () => {
        const frame = document.body.appendChild(document.createElement("iframe"));
        const { body } = frame.contentDocument!;
        body.contentEditable = "true";
        frame.contentWindow!.focus();
        body.focus();
      },
    ],
    [
      "an editor in a nested frame",
      () => {
        const outer = document.body.appendChild(document.createElement("iframe")).contentDocument!;
        const frame = outer.body.appendChild(outer.createElement("iframe"));
        frame.contentDocument!.designMode = "on";
        frame.contentWindow!.focus();
      },
    ],
    [
      "an editor in a frame in a shadow root",
      () => {
        const root = document.querySelector("#editor")!.attachShadow({ mode: "open" });
        const frame = root.appendChild(document.createElement("iframe"));
        frame.contentDocument!.designMode = "on";
        frame.contentWindow!.focus();
      },
    ],
  ])("idle waits for input in %s", async (_what, focus) => {
    await page.evaluate(() => {
      window.lockstep.setPolicy("idle");
      document.body.insertAdjacentHTML("beforeend", '<div id="editor" contenteditable></div>');
    });
    await page.evaluate(focus);
    await page.keyboard.type("ab");
    await outdate();
    await hide();
    await stays();
    await page.evaluate(() => {
      for (const element of document.querySelectorAll("#editor, iframe")) element.remove();
    });
    await reloads(() => void fetch("/api/who", { method: "POST", body: "ab" }));
  });

  it("idle waits for text that an editor pastes itself", async () => {
    await page.evaluate(() => {
      window.lockstep.setPolicy("idle");
      document.body.insertAdjacentHTML("beforeend", '<div id="editor" contenteditable></div>');
      const editor = document.querySelector<HTMLElement>("#editor")!;
      editor.addEventListener("paste", (event) => {
        event.preventDefault();
        editor.textContent = "pasted";
      });
      editor.focus();
    });
    await page.keyboard.press("ControlOrMeta+V");
    expect(await page.textContent("#editor")).toBe("pasted");
    await outdate();
    await hide();
    await stays();
    await page.evaluate(() => document.querySelector("#editor")!.remove());
    await reloads(() => void fetch("/api/who", { method: "POST", body: "pasted" }));
  });

  it("idle cancels its reload if the user returns while the app saves, unless the app calls reload()", async () => {
    await page.evaluate(() => {
      let saved = () => {};
      window.lockstep.onBeforeReload(() => new Promise<void>((resolve) => (saved = resolve)));
      Object.assign(window, { saved: () => saved() });
      window.lockstep.setPolicy("idle");
    });
    const saved = () => (window as never as { saved(): void }).saved();
    await outdate();
    await hide();
    await show();
    await page.evaluate(saved);
    await stays();
    await hide(); // tries again
    await show();
    await page.evaluate(() => void window.lockstep.reload());
    await reloads(saved);
  });

  it.each([
    ["fetch", () => void fetch("/api/slow", { method: "POST", body: "upload" })],
    ["a Request", () => void fetch(new Request("/api/slow", { method: "PUT", body: "upload" }))],
    [
      "fetch with keepalive",
      () => void fetch("/api/slow", { method: "POST", keepalive: true, body: "upload" }),
    ],
    [
      "XMLHttpRequest",
      () => {
        const request = new XMLHttpRequest();
        request.open("PATCH", "/api/slow");
        request.send("upload");
      },
    ],
  ])("idle and immediate wait for a pending write by %s", async (_how, write) => {
    for (const policy of ["idle", "immediate"] as const) {
      await stage.point(ONE);
      page = await openTab(stage, context);
      await page.evaluate(write);
      await expect.poll(() => stage.api.seen.at(-1)?.url).toBe("/api/slow");
      await page.evaluate((one) => window.lockstep.setPolicy(one), policy);
      await outdate();
      await hide();
      await stays();
      const loaded = page.waitForEvent("load");
      stage.api.answerSlow();
      await loaded;
      expect(await versionOf(page)).toBe(TWO);
      stage.api.seen.length = 0;
    }
  });

  it("a write that fails or is aborted is no longer pending", async () => {
    await page.evaluate(async () => {
      const aborted = new AbortController();
      const failing = fetch("/api/slow", { method: "POST", signal: aborted.signal });
      const request = new XMLHttpRequest();
      request.open("POST", "/api/slow");
      request.send();
      const again = new XMLHttpRequest();
      again.open("POST", "/api/slow");
      again.send();
      again.open("GET", "/api/who"); // ends the write without any event
      aborted.abort();
      request.abort();
      await failing.catch(() => {});
    });
    await page.evaluate(() => window.lockstep.setPolicy("idle"));
    await hide();
    await reloads(
      () => void window.lockstep.check(),
      false,
      () => stage.point(TWO),
    );
  });

  it("idle and immediate wait while the app is busy", async () => {
    await page.evaluate(() => {
      const end = window.lockstep.busy();
      let settle = () => {};
      window.lockstep.busy(new Promise((_, reject) => (settle = () => reject(new Error("no")))));
      Object.assign(window, { end, settle });
      window.lockstep.setPolicy("immediate");
    });
    await outdate();
    await stays();
    await page.evaluate(() => {
      const { end } = window as never as { end(): void };
      end();
      end();
    });
    await stays();
    await reloads(() => (window as never as { settle(): void }).settle());
  });

  async function stays(): Promise<void> {
    await page.evaluate(() => window.lockstep.check());
    expect(await versionOf(page)).toBe(ONE);
  }

  async function reloads(
    act: () => void,
    thenHide = false,
    before: () => Promise<void> = async () => {},
  ): Promise<void> {
    await before();
    const loaded = page.waitForEvent("load");
    await page.evaluate(act);
    if (thenHide) await hide();
    await loaded;
    expect(await versionOf(page)).toBe(TWO);
  }

  /** Hides the page, like a tab in the background. A headless browser shows all tabs. */
  function hide(value = "hidden"): Promise<void> {
    return page.evaluate((state) => {
      Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, value);
  }

  function show(): Promise<void> {
    return hide("visible");
  }
});

describe("a lazy chunk", () => {
  it("of an old version can still be loaded, because all versions share hashed files", async () => {
    await outdate();
    expect(await page.evaluate(() => window.loadLazy())).toBe("lazy");
  });

  it("that fails because of the network does not make the page gone", async () => {
    await outdate();
    await loseLazy();
    const heartbeat = page.waitForResponse(/\.lockstep\/heartbeat/);
    await expect(page.evaluate(() => window.loadLazy())).rejects.toThrow(
      "Failed to fetch dynamically imported module",
    );
    await heartbeat;
    await page.evaluate(() => window.lockstep.check());
    expect(await page.evaluate(() => window.lockstep.status)).toBe("outdated");
    const socket = page.evaluate(
      () => new Promise((resolve) => (new WebSocket("/api/socket").onmessage = () => resolve("open"))),
    );
    expect(await socket).toBe("open");
  });

  it("that was deleted with its version makes the page gone, and the app still gets the error", async () => {
    await stage.point(FOUR);
    page = await openTab(stage, context);
    await stage.retire(FOUR);
    await outdate();
    await loseLazy();
    await expect(page.evaluate(() => window.loadLazy())).rejects.toThrow(
      "Failed to fetch dynamically imported module",
    );
    await status(page, "gone");
    expect(await versionOf(page)).toBe(FOUR); // the policy is prompt
    await reload(page);
    expect(await versionOf(page)).toBe(TWO);
  });

  function loseLazy(): Promise<unknown> {
    return context.route(/\/assets\/lazy-/, (route) => route.fulfill({ status: 403 }));
  }
});

/** Makes TWO current and waits until the page has learned of it. */
async function outdate(): Promise<void> {
  await stage.point(TWO);
  await page.evaluate(() => window.lockstep.check());
  await status(page, "outdated");
}

async function reload(tab: Page): Promise<void> {
  const loaded = tab.waitForEvent("load");
  await tab.evaluate(() => void window.lockstep.reload());
  await loaded;
}

function versionOf(tab: Page): Promise<string | null> {
  return tab.getAttribute("meta[name=lockstep-version]", "content");
}
