import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { openStage, type Stage } from "../story/stage.ts";
import type { Bench } from "./bench-report.ts";

const CONNECTIONS = 20;
const ROUND_MS = 1500;
const ROUNDS = 31;
const WARM_UP_ROUNDS = 3;

const description = `
The cost of protection for a whole request through the local data plane: edge, \`route\` (in its own process, as in Lambda),
load balancer, API process, \`stamp-answer\`. Two platforms run side by side, each deployed by the genuine cdk, each with a
release: one with protection, one with \`protection.enabled: false\` (the same functions, which then pin nothing). A separate
process sends requests to the API over ${CONNECTIONS} connections, to each platform for ${ROUND_MS / 1000} s in turn. Each round is compared with the next,
and the median of ${ROUNDS} pairs counts.
`;

interface Round {
  perSecond: number;
  p99Ms: number;
}

export default {
  description,
  async run(log) {
    const stages: Stage[] = [];
    try {
      const on = await open(stages, "", log);
      const off = await open(stages, "protection: { ...local.protection, enabled: false }", log);
      for (let round = 0; round < WARM_UP_ROUNDS; round++) for (const target of [on, off]) await load(target);
      const pairs: { on: Round; off: Round }[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        log(`round ${round + 1} of ${ROUNDS}`);
        // Who goes first takes turns too.
        if (round % 2 === 0) pairs.push({ on: await load(on), off: await load(off) });
        else {
          const first = await load(off);
          pairs.push({ on: await load(on), off: first });
        }
      }
      const middle = (of: (pair: { on: Round; off: Round }) => number) => median(pairs.map(of));
      const slower = middle((pair) => pair.off.perSecond / pair.on.perSecond);
      const later = middle((pair) => pair.on.p99Ms / pair.off.p99Ms);
      const row = (name: string, of: (pair: { on: Round; off: Round }) => Round) => [
        name,
        middle((pair) => of(pair).perSecond),
        middle((pair) => of(pair).p99Ms),
      ];
      return {
        tables: [
          {
            title: "API requests through the local data plane",
            columns: ["protection", "requests/s", "p99, ms"],
            rows: [row("on", (pair) => pair.on), row("off (baseline)", (pair) => pair.off)],
          },
        ],
        limits: [
          { what: "requests a second, off to on", value: slower, atMost: 1.05 },
          { what: "p99, on to off", value: later, atMost: 1.05 },
        ],
      };
    } finally {
      for (const stage of stages) await stage.close();
    }
  },
} satisfies Bench;

interface Target {
  url: string;
  version: string;
}

async function open(stages: Stage[], changes: string, log: (line: string) => void): Promise<Target> {
  const stage = await openStage(changes);
  stages.push(stage);
  log("deploying a platform");
  await stage.deploy();
  log("releasing to it");
  await stage.run("infra/src/cli/release.ts", ["--allow-dirty"]);
  const status = (await (await fetch(`${stage.url}/.lockstep/status`)).json()) as { current: string };
  return { url: `${stage.url}/api/health`, version: status.current };
}

function load({ url, version }: Target): Promise<Round> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL("load-child.ts", import.meta.url)), url, version, `${CONNECTIONS}`, `${ROUND_MS}`],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let text = "";
  child.stdout.on("data", (chunk) => (text += chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve(JSON.parse(text)) : reject(new Error(`The load on ${url} ended with ${code}.`)),
    );
  });
}

function median(figures: number[]): number {
  return figures.sort((a, b) => a - b)[figures.length >> 1]!;
}
