import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { chromium, type Page } from "playwright-core";
import type { Bench, BenchLimit, BenchTable } from "../../test/bench/bench-report.ts";
import { findBrowser } from "../../test/browser/find-browser.ts";
import { buildPageScript } from "../src/build/page-scripts.ts";

const VERSION = "20261122-101500-1f3a9c2";
const ROUNDS = 15;
const CALLS = 20_000;
const MAX_GZIP_BYTES = 3.5 * 1024;

const description = `
Cost of the page script for a page, in Chromium: its size, the time to install it, and the time that it adds to a \`fetch\`.

**Baselines.** \`fetch\` is a stub that answers immediately, without and with the page script, which adds the pin to the address and
reads the response. The added time is compared with creating one \`Request\`, which every real \`fetch\` does first. Installing is
compared with parsing a document of 1000 elements. Each figure is the minimum of ${ROUNDS} rounds of ${CALLS} calls.`;

export default {
  description,
  async run(log) {
    const { code } = await buildPageScript();
    const gzip = gzipSync(code, { level: 9 }).length;
    log(`page script: ${gzip} bytes gzipped`);
    const stage = await openPage();
    try {
      const times = await stage.page.evaluate(measure, { code, rounds: ROUNDS, calls: CALLS });
      log(
        `install ${times.installMs.toFixed(3)} ms; fetch ${times.pinnedUs.toFixed(2)} µs, stub ${times.stubUs.toFixed(2)} µs`,
      );
      return { tables: tables(gzip, times), limits: limits(gzip, times) };
    } finally {
      await stage.close();
    }
  },
} satisfies Bench;

interface Times {
  installMs: number;
  parseMs: number;
  requestUs: number;
  stubUs: number;
  pinnedUs: number;
  otherUs: number;
}

/** Runs in the page. */
async function measure(options: { code: string; rounds: number; calls: number }): Promise<Times> {
  const { code, rounds, calls } = options;
  const least = async (run: () => number | Promise<number>): Promise<number> => {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < rounds; round++) best = Math.min(best, await run());
    return best;
  };
  const answer = new Response("{}");
  const stub = (async () => answer) as typeof fetch;
  const perCall = (address: string) => async (): Promise<number> => {
    const begun = performance.now();
    for (let call = 0; call < calls; call++) await window.fetch(address);
    return ((performance.now() - begun) / calls) * 1000;
  };
  const parseMs = await least(() => {
    const html = "<p class=a>text</p>".repeat(1000);
    const begun = performance.now();
    new DOMParser().parseFromString(html, "text/html");
    return performance.now() - begun;
  });
  window.fetch = stub;
  const perRequest = (): number => {
    const begun = performance.now();
    for (let call = 0; call < calls; call++) new Request("/api/orders");
    return ((performance.now() - begun) / calls) * 1000;
  };
  // The page script installs once per window, so each round uses a new frame.
  const installMs = await least(() => {
    const frame = document.body.appendChild(document.createElement("iframe"));
    const scope = frame.contentWindow as Window & typeof globalThis;
    scope.document.head.append(document.querySelector("meta")!.cloneNode());
    const begun = performance.now();
    scope.eval(code);
    const took = performance.now() - begun;
    frame.remove();
    return took;
  });
  // biome-ignore lint/security/noGlobalEval: the script under test, in the page under test
  window.eval(code);
  const pinned = window.fetch;
  const best = {
    requestUs: Number.POSITIVE_INFINITY,
    stubUs: Number.POSITIVE_INFINITY,
    pinnedUs: Number.POSITIVE_INFINITY,
    otherUs: Number.POSITIVE_INFINITY,
  };
  // Alternates, so that a slow machine slows all figures.
  for (let round = 0; round < rounds; round++) {
    best.requestUs = Math.min(best.requestUs, perRequest());
    window.fetch = stub;
    best.stubUs = Math.min(best.stubUs, await perCall("/api/orders")());
    window.fetch = pinned;
    best.pinnedUs = Math.min(best.pinnedUs, await perCall("/api/orders")());
    best.otherUs = Math.min(best.otherUs, await perCall("/elsewhere")());
  }
  return { installMs, parseMs, ...best };
}

function tables(gzip: number, times: Times): BenchTable[] {
  const { installMs, parseMs, requestUs, stubUs, pinnedUs, otherUs } = times;
  return [
    { title: "Size", columns: ["file", "bytes, gzip"], rows: [["page script", gzip]] },
    {
      title: "Once per page",
      columns: ["work", "ms"],
      rows: [
        ["parse a document of 1000 elements", parseMs],
        ["install the page script", installMs],
      ],
    },
    {
      title: "Per call",
      columns: ["fetch", "µs", "added, µs"],
      rows: [
        ["(creating a Request)", requestUs, ""],
        ["stub only", stubUs, 0],
        ["stub with the page script, to the API", pinnedUs, pinnedUs - stubUs],
        ["stub with the page script, elsewhere", otherUs, otherUs - stubUs],
      ],
    },
  ];
}

function limits(
  gzip: number,
  { installMs, parseMs, requestUs, stubUs, pinnedUs, otherUs }: Times,
): BenchLimit[] {
  return [
    { what: "page script, bytes gzipped", value: gzip, atMost: MAX_GZIP_BYTES },
    { what: "install ÷ parse of 1000 elements", value: installMs / parseMs, atMost: 10 },
    {
      what: "added to a pinned fetch ÷ creating a Request",
      value: (pinnedUs - stubUs) / requestUs,
      atMost: 0.85,
    },
    {
      what: "added to a fetch elsewhere ÷ creating a Request",
      value: (otherUs - stubUs) / requestUs,
      atMost: 0.85,
    },
  ];
}

/** Opens a page on a local server, which also answers the status check. */
async function openPage(): Promise<{ page: Page; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const isStatus = request.url === "/.lockstep/status";
    // Cross-origin isolated pages have a clock with a resolution of microseconds.
    response.setHeader("cross-origin-opener-policy", "same-origin");
    response.setHeader("cross-origin-embedder-policy", "require-corp");
    response.setHeader("content-type", isStatus ? "application/json" : "text/html");
    response.end(
      isStatus
        ? JSON.stringify({ r: 1, current: VERSION, floor: null, ending: {} })
        : `<!doctype html><meta name="lockstep-version" content="${VERSION}" data-paths="/api/*" data-poll="300"><p>bench</p>`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await chromium.launch({ executablePath: findBrowser().path, args: ["--no-sandbox"] });
  const page = await browser.newPage();
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
  return {
    page,
    async close() {
      await browser.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
