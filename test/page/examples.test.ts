import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "svelte/compiler";
import type { Plugin } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { docExample } from "./doc-examples.ts";
import { openStage, openTab, type Stage } from "./stage.ts";

// Runs each example of docs/page.md unchanged in a small app.
const MODULES = fileURLToPath(new URL("../node_modules", import.meta.url));
const APPS = [
  ["vanilla.js", 'import "./vanilla.js";'],
  [
    "app.jsx",
    `import { createElement } from "react";
     import { createRoot } from "react-dom/client";
     import { App } from "./app.jsx";
     createRoot(document.body.appendChild(document.createElement("main"))).render(createElement(App));`,
  ],
  [
    "use-lockstep.ts",
    `import { lockstep } from "@lockstep/client";
     import { createApp, h } from "vue";
     import { useLockstep } from "./use-lockstep.ts";
     const setup = () => {
       const state = useLockstep();
       const button = () => h("button", { onClick: () => lockstep.reload() }, "Reload (" + state.value.status + ")");
       return () => (state.value.status === "current" ? null : button());
     };
     createApp({ setup }).mount(document.body.appendChild(document.createElement("main")));`,
  ],
  [
    "Update.svelte",
    `import { mount } from "svelte";
     import Update from "./Update.svelte";
     mount(Update, { target: document.body });`,
  ],
] as const;

let stage: Stage;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-example-"));
  stage = await openStage({ versions: [] });
});
afterAll(async () => {
  await stage?.close();
  await rm(folder, { recursive: true, force: true });
});

describe("the example in docs/page.md", () => {
  it.each(APPS)("%s offers a reload after a release, which loads the new version", async (file, main) => {
    const root = join(folder, file);
    await mkdir(root);
    await symlink(MODULES, join(root, "node_modules"));
    await writeFile(join(root, file), await docExample(file));
    await writeFile(join(root, "main.js"), main);
    await writeFile(
      join(root, "index.html"),
      `<!doctype html><html><head><title>${file}</title></head><body><script type="module" src="/main.js"></script></body></html>`,
    );
    // Each example has its own versions, because the edge caches the files of a version forever.
    const n = APPS.findIndex(([name]) => name === file);
    const [one, two] = [`20261121-101500-000000${n}`, `20261122-101500-000000${n}`] as const;
    for (const id of [one, two])
      await stage.release(id, { root, plugins: [svelte], oxc: { jsx: { runtime: "automatic" } } });
    await stage.point(one);
    const context = await stage.profile();
    const page = await openTab(stage, context);
    expect(await page.title()).toBe(file);
    const button = page.getByRole("button");
    await expect.poll(() => button.count()).toBe(0);
    await stage.point(two);
    await page.evaluate(() => window.dispatchEvent(new Event("focus")));
    await button.filter({ hasText: "Reload (outdated)" }).waitFor();
    if (file === "app.jsx") await page.fill("[name=title]", "a draft");
    const loaded = page.waitForEvent("load");
    await button.click();
    await loaded;
    expect(await page.getAttribute("meta[name=lockstep-version]", "content")).toBe(two);
    if (file === "app.jsx") {
      expect(await page.textContent("#version")).toBe(two);
      await expect.poll(() => page.inputValue("[name=title]")).toBe("a draft");
    }
    await context.close();
  });
});

/** Compiles a component. A minimal version of Svelte's own plugin. */
const svelte: Plugin = {
  name: "svelte-component",
  transform: (code, id) =>
    id.endsWith(".svelte") ? { code: compile(code, { generate: "client" }).js.code, map: null } : undefined,
};
