import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BrowserContext } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { addLibraryServices } from "./engines/libraries-api.ts";
import { ONE, openStage, type Stage, TWO } from "./stage.ts";

// Libraries that patch or wrap the same functions as the page script. Each is loaded before and after it, in an old
// tab: a page of ONE while TWO is current and the cookie names TWO.
const FIXTURE = fileURLToPath(new URL("fixture-libraries", import.meta.url));

interface Library {
  name: string;
  /** Result of its main feature (fixture-libraries/<name>.js). */
  feature: unknown;
  /** Different results when it is loaded before the page script, and the reason. */
  before?: { served?: string[]; feature?: unknown; because: string };
}

/** Reason of libraries that save a native function before the page script can patch it. */
const KEEPS_WEBSOCKET = "It saves the native WebSocket when it loads, so only the cookie pins its sockets.";

const LIBRARIES: Library[] = [
  {
    name: "sentry",
    feature: { exception: "reported", breadcrumb: "/api/who?sentry", traced: true },
    before: {
      feature: { exception: "reported", breadcrumb: `/api/who?lockstep=${ONE}&sentry`, traced: true },
      because: "It sees the pinned address.",
    },
  },
  {
    name: "datadog",
    feature: {
      resources: [
        ["GET", "/api/who?rum=fetch", 200, true],
        ["GET", "/api/who?rum=xhr", 200, true],
      ],
      traced: true,
    },
    before: {
      feature: {
        resources: [
          [undefined, "/api/who?rum=fetch", 200, false],
          [undefined, "/api/who?rum=xhr", 200, false],
        ],
        traced: true,
      },
      because: "It sees the pinned address and does not find its entry in the browser's resource timing.",
    },
  },
  { name: "opentelemetry", feature: { spans: [200, 200], traced: true } },
  { name: "zone", feature: ["mine", "mine", "mine", "mine"] },
  {
    name: "axios",
    feature: ["xhr", "xhr", 422, "/status/422", "fetch", "fetch", 422, "/status/422"],
  },
  { name: "apollo", feature: true },
  {
    name: "socket-io",
    feature: ["websocket", "polling"],
    before: { feature: ["polling", "polling"], because: `${KEEPS_WEBSOCKET} The session stays on polling.` },
  },
  {
    name: "sockjs",
    feature: ["websocket hello", "xhr-streaming hello", "xhr-polling hello"],
    before: { served: [TWO, ONE, ONE], because: KEEPS_WEBSOCKET },
  },
  { name: "msw", feature: { mocked: "7", search: `?lockstep=${ONE}&x=1` } },
  { name: "htmx", feature: "/" },
  { name: "turbo", feature: "/" },
];

let stage: Stage;
let services: { close(): void };
let folder: string;
let context: BrowserContext;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-libraries-"));
  stage = await openStage({
    versions: [ONE, TWO],
    csp: "default-src 'self'; style-src 'self' 'unsafe-inline'",
  });
  services = addLibraryServices(stage, [ONE, TWO]);
  await buildLibraries();
  await addLoaders();
  context = await stage.profile();
  await stage.promote(TWO);
});
afterAll(async () => {
  services?.close();
  await stage?.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  stage.api.seen.length = 0;
});

describe.each(LIBRARIES)("$name", ({ name, feature, before }) => {
  it.each(["before", "after"] as const)(
    "works when loaded %s the page script, and its requests are pinned",
    async (when) => {
      const page = await context.newPage();
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(String(error)));
      await stage.point(ONE);
      await page.goto(`${stage.url}/?${when}=${name}`);
      await stage.point(TWO);
      const young = await context.newPage();
      await young.goto(stage.url); // moves the cookie
      await young.close();
      const answer = await page.evaluate(() => (window as never as { trial(): Promise<Trial> }).trial());
      const differs = when === "before" ? before : undefined;
      expect(answer.feature).toEqual(differs?.feature ?? feature);
      expect(answer.served).toEqual(differs?.served ?? answer.served.map(() => ONE));
      expect(errors).toEqual([]);
      await page.close();
    },
  );
});

describe("Turbo Drive", () => {
  it("loads a page of another version in full, instead of swapping its content", async () => {
    const page = await context.newPage();
    // Serves the page to a fetch too, like a server of static pages.
    const young = { body: Buffer.from(stage.world.objects.get(`builds/${TWO}/index.html`)!.Body) };
    await page.route("**/other", (route) =>
      route.request().resourceType() === "fetch"
        ? route.fulfill({ ...young, contentType: "text/html" })
        : route.continue(),
    );
    await stage.point(ONE);
    await page.goto(`${stage.url}/?after=turbo`);
    await stage.point(TWO);
    await page.evaluate(() => {
      const link = Object.assign(document.createElement("a"), { href: "/other" });
      document.body.appendChild(link).click();
    });
    await page.waitForURL(`${stage.url}/other`);
    await expect.poll(() => page.evaluate(() => window.lockstep.version)).toBe(TWO);
    await page.close();
  });
});

interface Trial {
  served: string[];
  feature: unknown;
}

/** Builds each library and its trial as one classic script. */
async function buildLibraries(): Promise<void> {
  vi.stubEnv("NODE_ENV", "production");
  for (const { name } of LIBRARIES) {
    await build({
      configFile: false,
      logLevel: "silent",
      root: FIXTURE,
      publicDir: false,
      build: {
        outDir: join(folder, name),
        minify: false,
        lib: { entry: `${name}.js`, formats: ["iife"], name: "library", fileName: () => "library.js" },
      },
      define: { "process.env.NODE_ENV": '"production"', global: "globalThis" },
    });
    const Body = await readFile(join(folder, name, "library.js"));
    stage.world.objects.set(`assets/${name}.js`, { Body, ContentType: "text/javascript" });
  }
  vi.unstubAllEnvs();
}

/** Adds loaders to the pages: `?before=axios` loads axios before the page script, `?after=axios` right after it. */
async function addLoaders(): Promise<void> {
  const { objects } = stage.world;
  const worker = createRequire(import.meta.url).resolve("msw/mockServiceWorker.js");
  const script = { Body: await readFile(worker), ContentType: "text/javascript" };
  for (const when of ["before", "after"]) {
    const Body = Buffer.from(`const ${when} = new URLSearchParams(location.search).get("${when}");
      if (${when}) document.write('<script src="/assets/' + ${when} + '.js"></' + 'script>');`);
    objects.set(`assets/load-${when}.js`, { Body, ContentType: "text/javascript" });
  }
  for (const id of [ONE, TWO]) {
    objects.set(`builds/${id}/mockServiceWorker.js`, script);
    const page = objects.get(`builds/${id}/index.html`)!;
    const html = Buffer.from(page.Body).toString();
    const Body = html
      .replace(/<head>/, '<head><script src="/assets/load-before.js"></script>')
      .replace(/(\/assets\/lockstep-[^>]*><\/script>)/, '$1<script src="/assets/load-after.js"></script>');
    objects.set(`builds/${id}/index.html`, { ...page, Body: Buffer.from(Body) });
  }
}
