import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DistributionConfig } from "@aws-sdk/client-cloudfront";
import { buildEdge, type EdgeCode } from "@lockstep/edge/build";
import { HEARTBEAT_PATH, STATUS_PATH } from "@lockstep/edge/names";
import {
  behavior,
  CACHING_OPTIMIZED,
  createWorld,
  customOrigin,
  LAMBDA,
  list,
  s3Origin,
  type World,
} from "@lockstep/local/test/cloudfront";
import { type Browser, type BrowserContext, chromium, type JSHandle, type Page } from "playwright-core";
import type { InlineConfig } from "vite";
import { expect, inject, vi } from "vitest";
import type {} from "../browser/global-setup.ts";
import { serviceRequests } from "../edge/shop.ts";
import { createFixtureApi, type FixtureApi } from "./fixture-api.ts";
import { type BuiltFiles, buildVersion, PATHS, readBuild, restamp } from "./fixture-build.ts";
import { type OtherSite, startOtherSite } from "./other-site.ts";

/** Lifetime of the edge's cached map. A retired version may still answer for this time. */
const MAP_TTL_SECONDS = 1;
const SUFFIX = "shop.internal";

/** Four versions, oldest first. */
export const [ONE, TWO, THREE, FOUR] = [
  "20261121-101500-1111111",
  "20261122-101500-2222222",
  "20261123-101500-3333333",
  "20261124-101500-4444444",
] as const;

export interface StatusChange {
  /** The current version in the status. Default: the version of page loads. */
  current?: string;
  floor?: string;
  /** Version → its end, in seconds since the epoch. */
  ending?: Record<string, number>;
  off?: boolean;
}

/** A distribution with Lockstep's real functions, a small API in several versions, and a browser. */
export interface Stage {
  /** Address of the distribution for the browser. */
  url: string;
  world: World;
  api: FixtureApi;
  browser: Browser;
  /** Uploads the fixture as a version, or another app, which it builds with the plugin. */
  release(id: string, config?: InlineConfig, pollSeconds?: number): Promise<void>;
  /** Sets the version of page loads and of the status, effective immediately. */
  point(id: string, status?: StatusChange): Promise<void>;
  /** Makes a version current, also for the API, and waits until the edge has the new map. */
  promote(id: string, status?: StatusChange): Promise<void>;
  /** Removes a version from the map, and waits until the edge no longer answers for it. */
  retire(id: string): Promise<void>;
  /** Creates a browser profile with its own cookies and storage. */
  profile(): Promise<BrowserContext>;
  close(): Promise<void>;
}

export interface StageOptions {
  /** Versions to release at the start. The first one is current. Default: all four. */
  versions?: readonly string[];
  /** Content-Security-Policy of pages. Default: `default-src 'self'`. */
  csp?: string;
  browserArgs?: readonly string[];
  /** Interval of the status checks of the fixture's pages. Default: 300, the plugin's default. */
  pollSeconds?: number;
}

export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const { versions = [ONE, TWO, THREE, FOUR], csp = "default-src 'self'", browserArgs = [] } = options;
  const code = buildEdge({
    protect: true,
    windowSeconds: 86_400,
    whenGone: "current",
    hostSuffix: SUFFIX,
    mapParameter: "/lockstep/shop/version-map",
    mapRegion: "eu-west-1",
    mapTtlSeconds: MAP_TTL_SECONDS,
    paths: PATHS,
    healthPath: "/api/health",
    explain: true,
  });
  const world = await createWorld();
  const folder = await mkdtemp(join(tmpdir(), "lockstep-page-"));
  const api = createFixtureApi();
  world.origin.handler = api.handle;
  world.origin.server.on("upgrade", api.upgrade);
  const map = {
    r: 1,
    current: null as string | null,
    floor: null,
    suffix: SUFFIX,
    versions: {} as Record<string, object>,
  };
  const ssm = await startParameterStore(() => JSON.stringify(map));
  const route = loadRoute(code, ssm.url);
  /** Expires the edge's cached map, without waiting. */
  const expireMap = (): void => route.skip(MAP_TTL_SECONDS * 1000);
  world.lambda.handler = (event) => route.handler(event);
  const { url, kvs } = await distribute(world, code, csp);
  const browser = await launch(browserArgs);

  const stage: Stage = {
    url,
    world,
    api,
    browser,
    async release(id, config, pollSeconds = options.pollSeconds) {
      if (config === undefined) {
        const shared = await readBuild(inject("fixtureBuild"));
        upload(world, restamp(shared, id, pollSeconds), id);
      } else {
        const outDir = join(folder, id);
        await buildVersion(id, outDir, config);
        upload(world, await readBuild(outDir), id);
      }
      map.versions[id] = { tg: id };
      map.r++;
    },
    async point(id, status = {}) {
      map.r++;
      const body = JSON.stringify({ r: map.r, current: id, floor: null, ending: {}, ...status });
      const { ETag } = await world.keys("DescribeKeyValueStore", { KvsARN: kvs });
      const Puts = [
        { Key: "current", Value: id },
        { Key: "status", Value: body },
      ];
      await world.keys("UpdateKeys", { KvsARN: kvs, Puts, IfMatch: ETag });
    },
    async promote(id, status = {}) {
      map.current = id;
      await stage.point(id, status);
      expireMap();
      await until(async () => (await fetch(`${url}/api/who`)).headers.get("x-lockstep-current") === id);
    },
    async retire(id) {
      delete map.versions[id];
      map.r++;
      expireMap();
      const pinned = { headers: { "x-lockstep-version": id } };
      await until(async () => (await fetch(`${url}/api/who`, pinned)).status === 409);
    },
    async profile() {
      const context = await browser.newContext();
      return context;
    },
    async close() {
      await browser.close();
      api.hangUp();
      await world.close();
      await ssm.close();
      route.restore();
      await rm(folder, { recursive: true, force: true });
    },
  };
  for (const id of versions) await stage.release(id);
  if (versions[0] !== undefined) await stage.promote(versions[0]);
  return stage;
}

/** Creates the distribution as infra/src/constructs/distribution.ts does, with a Content-Security-Policy. */
async function distribute(world: World, code: EdgeCode, csp: string): Promise<{ url: string; kvs: string }> {
  const kvs = (await world.call("CreateKeyValueStore", { Name: "pointer" })).KeyValueStore.ARN;
  const headers = async (Name: string, own: { Header: string; Value: string; Override: boolean }[]) => {
    const ContentSecurityPolicy = { ContentSecurityPolicy: csp, Override: true };
    const { ResponseHeadersPolicy } = await world.call("CreateResponseHeadersPolicy", {
      ResponseHeadersPolicyConfig: {
        Name,
        SecurityHeadersConfig: { ContentSecurityPolicy },
        ...(own.length > 0 && { CustomHeadersConfig: list(...own) }),
      },
    });
    return ResponseHeadersPolicy.Id as string;
  };
  const uncached = { Header: "Cache-Control", Value: "private, no-cache", Override: true };
  const files = {
    TargetOriginId: "web",
    CachePolicyId: CACHING_OPTIMIZED,
    OriginRequestPolicyId: undefined,
    ResponseHeadersPolicyId: await headers("shared-files", []),
  };
  const documents = { ...files, ResponseHeadersPolicyId: await headers("documents", [uncached]) };
  const pinDocument = await world.edgeFunction("viewer-request", code.pinDocument, kvs);
  const stamp = await world.edgeFunction("viewer-response", code.stamp);
  const stampAnswer = await world.edgeFunction("viewer-response", code.stampAnswer);
  const heartbeat = await world.edgeFunction("viewer-response", code.heartbeat);
  const status = await world.edgeFunction("viewer-request", code.status, kvs);
  const { OriginRequestPolicy } = await world.call("CreateOriginRequestPolicy", {
    OriginRequestPolicyConfig: serviceRequests("page-services"),
  });
  const service = {
    OriginRequestPolicyId: OriginRequestPolicy.Id,
    LambdaFunctionAssociations: list({
      LambdaFunctionARN: LAMBDA,
      EventType: "origin-request",
      IncludeBody: false,
    }),
  };
  const { urls } = await world.distribute({
    Origins: list<object>(customOrigin(), s3Origin()) as DistributionConfig["Origins"],
    DefaultCacheBehavior: behavior({ ...documents, FunctionAssociations: list(pinDocument, stamp) }),
    CacheBehaviors: list(
      behavior({ ...files, PathPattern: "/assets/*" }),
      behavior({ ...files, PathPattern: STATUS_PATH, FunctionAssociations: list(status) }),
      behavior({
        ...service,
        PathPattern: HEARTBEAT_PATH,
        AllowedMethods: list("GET", "HEAD"),
        FunctionAssociations: list(heartbeat),
      }),
      ...PATHS.map((PathPattern) =>
        behavior({ ...service, PathPattern, FunctionAssociations: list(stampAnswer) }),
      ),
    ),
  });
  return { url: urls[0]!.replace("127.0.0.1", "localhost"), kvs };
}

function upload(world: World, files: BuiltFiles, id: string): void {
  for (const [name, Body] of files) {
    const shared = name.startsWith("assets/");
    const html = name.endsWith(".html");
    world.objects.set(shared ? name : `builds/${id}/${name}`, {
      Body,
      ContentType: html ? "text/html; charset=utf-8" : name.endsWith(".css") ? "text/css" : "text/javascript",
      CacheControl: shared
        ? "public, max-age=31536000, immutable"
        : "public, max-age=0, s-maxage=31536000, must-revalidate",
      ETag: `"${id}-${name}"`,
      ...(html && { Metadata: { "lockstep-version": id } }),
    });
  }
}

/**
 * Starts an SSM that answers only GetParameter. It ignores signatures, which edge/test/read-parameter.test.ts checks.
 */
function startParameterStore(value: () => string): Promise<OtherSite> {
  return startOtherSite((request, response) => {
    request.resume();
    response.end(JSON.stringify({ Parameter: { Value: value() } }));
  });
}

/** Loads `route` in this process, as Lambda@Edge does, with a clock that the test can advance. */
function loadRoute(code: EdgeCode, ssm: string) {
  const before = { ...process.env };
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_SSM: ssm,
    AWS_ACCESS_KEY_ID: "any",
    AWS_SECRET_ACCESS_KEY: "any",
  });
  let skipped = 0;
  const date = new Proxy(Date, {
    get: (target, name) => (name === "now" ? () => Date.now() + skipped : Reflect.get(target, name)),
  });
  const module = { exports: {} as { handler(event: unknown): Promise<unknown> } };
  new Function("module", "exports", "require", "Date", code.route)(
    module,
    module.exports,
    createRequire(import.meta.url),
    date,
  );
  return {
    skip(ms: number) {
      skipped += ms;
    },
    handler: (event: unknown) => module.exports.handler(event),
    restore() {
      for (const name of ["AWS_ENDPOINT_URL_SSM", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
    },
  };
}

/** Waits for a state of the stage. Works outside a test too. */
function until(holds: () => Promise<boolean>): Promise<void> {
  return vi.waitFor(async () => expect(await holds()).toBe(true), { timeout: 10_000, interval: 50 });
}

function launch(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: inject("browserPath"),
    // Playwright disables the back/forward cache, which browsers of users have.
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
    args: ["--no-sandbox", "--disable-quic", ...args],
  });
}

/** Opens a tab and waits until its page has loaded. */
export async function openTab(stage: Stage, context: BrowserContext, path = "/"): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${stage.url}${path}`);
  return page;
}

/**
 * Opens a tab of ONE and moves the cookie to TWO, which becomes current. TWO answers every request that the tab does
 * not pin.
 */
export async function openOldTab(stage: Stage, context: BrowserContext, path = "/"): Promise<Page> {
  await stage.point(ONE);
  const old = await openTab(stage, context, path);
  await stage.promote(TWO);
  await (await openTab(stage, context)).close();
  stage.api.seen.length = 0;
  return old;
}

/** A page of ONE while the cookie names TWO, and an empty frame in it, whose functions are not patched. */
export interface Twins {
  page: Page;
  /** The page's `window`. */
  ours: JSHandle;
  /** The frame's `window`. */
  native: JSHandle;
}

/** Opens an old tab and a frame, to compare their requests and what they see. */
export async function openTwins(stage: Stage, context: BrowserContext): Promise<Twins> {
  const page = await openOldTab(stage, context);
  const ours = await page.evaluateHandle(() => window);
  const native = await page.evaluateHandle(
    () => document.body.appendChild(document.createElement("iframe")).contentWindow!,
  );
  return { page, ours, native };
}

/** Returns the version that answers a plain `fetch` of a page. */
export function served(page: Page, path = "/api/who"): Promise<string> {
  return page.evaluate(async (address) => (await (await fetch(address)).json()).served, path);
}

/** Waits until the page has this status. */
export async function status(page: Page, wanted: string): Promise<void> {
  await expect.poll(() => page.evaluate(() => window.lockstep.status)).toBe(wanted);
}
