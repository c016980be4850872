import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BenchLimit, BenchTable } from "../../test/bench/bench-report.ts";
import { certificate, certificateFile } from "../test/support/certificate.ts";
import { OLD } from "../test/support/events.ts";
import { credentials, SsmStub } from "../test/support/ssm-stub.ts";
import { mapText, type RouteCarrier, routeEvents } from "./route-events.ts";
import { type RouteVariant, routeVariants } from "./route-variants.ts";
import { median } from "./statistics.ts";

const COLD_STARTS = 25;
const MAX_VERSIONS = 90;

interface Section {
  tables: BenchTable[];
  limits: BenchLimit[];
}

/** Measures `route` and its baselines, warm and cold. */
export async function measureRoute(log: (line: string) => void): Promise<Section> {
  const folder = mkdtempSync(join(tmpdir(), "lockstep-bench-"));
  const ssm = new SsmStub(certificate);
  try {
    const environment = {
      PATH: process.env.PATH,
      ...credentials,
      AWS_REGION: "us-east-1",
      AWS_ENDPOINT_URL: await ssm.start(),
      NODE_EXTRA_CA_CERTS: certificateFile,
    };
    for (const [name, code] of Object.entries(routeVariants))
      writeFileSync(join(folder, `${name}.cjs`), code);
    writeFileSync(join(folder, "event.json"), routeEvents.query);
    const bench: Stage = { folder, environment, ssm };
    const warm = await measureWarm(bench, log);
    const cold = await measureCold(bench, log);
    return { tables: [...warm.tables, ...cold.tables], limits: [...warm.limits, ...cold.limits] };
  } finally {
    await ssm.close();
    rmSync(folder, { recursive: true });
  }
}

interface Stage {
  folder: string;
  environment: Record<string, string | undefined>;
  ssm: SsmStub;
}

/** The carriers with the largest possible map, and the page's own with a map of one version. */
const WARM: { carrier: RouteCarrier; versions: number }[] = [
  { carrier: "query", versions: 1 },
  { carrier: "query", versions: MAX_VERSIONS },
  { carrier: "header", versions: MAX_VERSIONS },
  { carrier: "cookie", versions: MAX_VERSIONS },
];

async function measureWarm(stage: Stage, log: (line: string) => void): Promise<Section> {
  const child = fileURLToPath(new URL("warm-child.ts", import.meta.url));
  const variants: RouteVariant[] = ["empty", "route", "naive"];
  const files = variants.map((name) => join(stage.folder, `${name}.cjs`));
  const measured: number[][] = [];
  for (const { carrier, versions } of WARM) {
    log(`route, warm, pinned by ${carrier}, ${versions} versions`);
    stage.ssm.answer = mapText(versions);
    const rows = JSON.parse(await output([child, carrier, ...files], stage)) as number[][];
    measured.push(variants.map((_name, at) => median(rows.map((row) => row[at]!))));
  }
  const ratio = (nanos: number[], variant: number) => nanos[variant]! / nanos[0]!;
  const rows = measured.flatMap((nanos, at) => {
    const { carrier, versions } = WARM[at]!;
    return variants.slice(1).map((name, before) => {
      const variant = before + 1;
      return [name, carrier, versions, nanos[variant]!, ratio(nanos, variant)];
    });
  });
  const [one, ...many] = measured as [number[], number[], number[], number[]];
  return {
    tables: [
      {
        title: "route, warm, per call in Node",
        columns: ["function", "pinned by", "versions in the map", "time, ns", "in empty handlers"],
        rows: [["an empty async handler (baseline)", "query", 1, one[0]!, 1], ...rows],
      },
    ],
    limits: [
      ...many.map((nanos, at) => ({
        what: `route warm, pinned by ${WARM[at + 1]!.carrier}, in empty handlers`,
        value: ratio(nanos, 1),
        atMost: 3,
      })),
      {
        what: `route warm, ${MAX_VERSIONS} versions to 1`,
        value: ratio(many[0]!, 1) / ratio(one, 1),
        atMost: 1.1,
      },
    ],
  };
}

interface ColdStart {
  /** From the first line of the import to the answer. */
  ms: number;
  /** User and system time; more reliable than the clock on a busy machine. */
  cpuMs: number;
  peakBytes: number;
}

async function measureCold(stage: Stage, log: (line: string) => void): Promise<Section> {
  stage.ssm.answer = mapText(20);
  const child = fileURLToPath(new URL("cold-child.cjs", import.meta.url));
  const names = Object.keys(routeVariants) as RouteVariant[];
  const samples = new Map(names.map((name) => [name, [] as ColdStart[]]));
  log(`route, cold, ${COLD_STARTS} starts of each`);
  for (let start = 0; start < COLD_STARTS; start++) {
    for (const name of names) {
      const event = join(stage.folder, "event.json");
      const sample = JSON.parse(await output([child, join(stage.folder, `${name}.cjs`), event], stage));
      if ((name === "route" || name === "naive") && sample.host !== `${OLD}.shop.internal`)
        throw new Error(`${name} sent the request to ${sample.host}`);
      samples.get(name)!.push(sample);
    }
  }
  const of = (name: RouteVariant, figure: keyof ColdStart) =>
    median(samples.get(name)!.map((one) => one[figure]));
  // Compared start by start, so that a slow phase of the machine affects both.
  const ofNaive = (name: RouteVariant, figure: keyof ColdStart) =>
    median(samples.get(name)!.map((one, start) => one[figure] / samples.get("naive")![start]![figure]));
  const peak = (name: RouteVariant) => (of(name, "peakBytes") - of("empty", "peakBytes")) / 1e6;
  const row = (name: RouteVariant, what: string) => [
    what,
    Math.round(Buffer.byteLength(routeVariants[name]) / 100) / 10,
    of(name, "ms"),
    of(name, "cpuMs"),
    ofNaive(name, "ms"),
    ofNaive(name, "cpuMs"),
    peak(name),
  ];
  return {
    tables: [
      {
        title: "route, cold: import and first read from an SSM stub over HTTPS that checks the signature",
        columns: [
          "function",
          "bundle, KB",
          "time, ms",
          "processor time, ms",
          "time, ratio to naive",
          "processor time, ratio to naive",
          "peak memory over an empty handler, MB",
        ],
        rows: [
          row("empty", "an empty handler, no read"),
          row("bare", "bare (one signed read over node:https, no guards)"),
          row("route", "route (signs itself, node:https)"),
          row("naive", "naive (the SDK's client, bundled; baseline)"),
        ],
      },
    ],
    limits: [
      {
        what: "route cold, time, ratio to naive",
        value: ofNaive("route", "ms"),
        atMost: 0.32,
      },
      {
        what: "route cold, processor time, ratio to naive",
        value: ofNaive("route", "cpuMs"),
        atMost: 0.32,
      },
      { what: "route's peak memory over an empty handler, MB", value: peak("route"), atMost: 15 },
    ],
  };
}

/** Returns what a Node process prints; rejects with its error output if it fails. */
function output(args: string[], { environment }: Stage): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { env: environment, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    let errors = "";
    child.stdout.on("data", (chunk) => (text += chunk));
    child.stderr.on("data", (chunk) => (errors += chunk));
    child.once("error", reject);
    child.once("close", (code) => (code === 0 ? resolve(text) : reject(new Error(`${args[0]}: ${errors}`))));
  });
}
