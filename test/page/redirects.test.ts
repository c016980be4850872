import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type OtherSite, startOtherSite } from "./other-site.ts";
import { ONE, openOldTab, openStage, type Stage } from "./stage.ts";

// Redirects by a service, in a page of ONE, in a browser whose cookie names TWO.
let stage: Stage;
let bucket: OtherSite;
let context: BrowserContext;
let page: Page;
let asked: { url: string; headers: Record<string, unknown> }[] = [];

beforeAll(async () => {
  // Like a bucket with signed URLs, which allows only simple requests.
  bucket = await startOtherSite((request, response) => {
    asked.push({ url: request.url!, headers: request.headers });
    if (request.method === "OPTIONS") return void response.writeHead(403).end();
    if (!request.url!.startsWith("/closed")) response.setHeader("access-control-allow-origin", "*");
    response.end("file");
  });
  const csp = "default-src 'self'; connect-src 'self' http://127.0.0.1:*; form-action *; frame-src *";
  stage = await openStage({ csp });
  context = await stage.profile();
  page = await openOldTab(stage, context);
});
afterAll(async () => {
  await stage?.close();
  await bucket?.close();
});
beforeEach(() => {
  stage.api.seen.length = 0;
  asked = [];
});

function redirect(to: string, status = 302): string {
  return `/api/redirect?status=${status}&to=${encodeURIComponent(to)}`;
}

const byFetch = async (address: string, init: { method?: string; body?: string } = {}) =>
  page.evaluate(
    async ([url, options]) => {
      const response = await fetch(url, options);
      return [response.status, response.redirected, response.url, await response.text()] as const;
    },
    [address, init] as const,
  );

const byXhr = (address: string, method = "GET") =>
  page.evaluate(
    ([url, verb]) =>
      new Promise<unknown[]>((resolve) => {
        const request = new XMLHttpRequest();
        request.open(verb, url);
        request.onloadend = () => resolve([request.status, request.responseURL, request.responseText]);
        request.send(verb === "POST" ? "text" : null);
      }),
    [address, method] as const,
  );

describe("a redirect to another origin", () => {
  it.each([301, 302, 303, 307, 308])(
    "by %i works as without the page script, for fetch and XHR",
    async (status) => {
      const to = `${bucket.url}/file?X-Amz-Signature=1%2F2&a=b`;
      expect(await byFetch(redirect(to, status))).toEqual([200, true, to, "file"]);
      expect(await byXhr(redirect(to, status))).toEqual([200, to, "file"]);
      expect(await byFetch(redirect(to, status), { method: "POST", body: "text" })).toEqual([
        200,
        true,
        to,
        "file",
      ]);
      expect(await byXhr(redirect(to, status), "POST")).toEqual([200, to, "file"]);
      expect(asked.map(({ url }) => url)).toEqual(Array(4).fill("/file?X-Amz-Signature=1%2F2&a=b"));
      const names = asked.flatMap(({ headers }) => Object.keys(headers));
      expect(names.filter((name) => name.includes("lockstep"))).toEqual([]);
    },
  );

  it("works for a Request, also with a body", async () => {
    const statuses = await page.evaluate(
      async ([get, post]) => {
        const request = new Request(post!, { method: "POST", body: "text" });
        return [(await fetch(new Request(get!))).status, (await fetch(request)).status];
      },
      [redirect(`${bucket.url}/file`), redirect(`${bucket.url}/file`, 303)],
    );
    expect(statuses).toEqual([200, 200]);
  });

  it("without CORS fails as without the page script", async () => {
    await expect(byFetch(redirect(`${bucket.url}/closed`))).rejects.toThrow("TypeError: Failed to fetch");
    expect(await byXhr(redirect(`${bucket.url}/closed`))).toEqual([0, "", ""]);
    const opaque = await page.evaluate(
      async (url) => (await fetch(url, { mode: "no-cors" })).type,
      redirect(`${bucket.url}/closed`),
    );
    expect(opaque).toBe("opaque");
  });
});

describe("a redirect inside the API stays on the version", () => {
  const targets = () => [
    ["/api/who?x=1", "/api/who?x=1"],
    ["who", "/api/who"],
    ["../api/who?a&b", "/api/who?a&b"],
    [`${stage.url}/api/who#part`, "/api/who"],
    [`//${new URL(stage.url).host}/api/who`, "/api/who"],
    [redirect("/api/who?second=1"), "/api/who?second=1"],
  ];

  it.each([301, 302, 303, 307, 308])("by %i, for fetch and XHR", async (status) => {
    for (const [to, url] of targets()) {
      for (const ask of [
        byFetch,
        byXhr,
        (address: string) => byFetch(address, { method: "POST", body: "b" }),
      ]) {
        stage.api.seen.length = 0;
        const answer = await ask(redirect(to!, status));
        expect(answer.join()).not.toContain("?lockstep=");
        expect(answer.join()).toContain(`"served":"${ONE}"`);
        expect(new Set(stage.api.seen.map(({ version }) => version))).toEqual(new Set([ONE]));
        expect(stage.api.seen.at(-1)?.url).toBe(url);
      }
    }
  });

  it.each([301, 302, 303, 307, 308])("by %i, for an EventSource", async (status) => {
    const data = await page.evaluate(
      (address) =>
        new Promise((resolve) => {
          const source = new EventSource(address);
          source.onmessage = (event) => {
            source.close();
            resolve(event.data);
          };
        }),
      redirect("/api/events", status),
    );
    expect(data).toBe(ONE);
  });

  it.each<[string, string, number, string]>([
    ["a form by POST", '<form target="to" method="post" action="ADDRESS"><button>', 303, "GET"],
    [
      "a form by POST that is repeated",
      '<form target="to" method="post" action="ADDRESS"><button>',
      307,
      "POST",
    ],
    ["a link", '<a target="to" href="ADDRESS"><button>', 302, "GET"],
    ["a link to a moved address", '<a target="to" href="ADDRESS"><button>', 308, "GET"],
  ])("for %s", async (_what, html, status, method) => {
    const address = redirect("/api/page", status);
    await page.evaluate(
      (text) => {
        document.body.innerHTML = `<iframe name="to"></iframe>${text}`;
      },
      html.replace("ADDRESS", address.replaceAll("&", "&amp;")),
    );
    await page.evaluate(() => (document.querySelector("a") ?? document.querySelector("button"))!.click());
    await expect
      .poll(() => stage.api.seen.map((one) => [one.version, one.method, one.url]))
      .toEqual([
        [ONE, html.includes("post") ? "POST" : "GET", address],
        [ONE, method, "/api/page"],
      ]);
  });

  it("for a beacon", async () => {
    await page.evaluate((address) => navigator.sendBeacon(address, "b"), redirect("/api/who", 307));
    await expect.poll(() => stage.api.seen.map(({ version }) => version)).toEqual([ONE, ONE]);
  });
});
