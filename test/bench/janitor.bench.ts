import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Session, withSession } from "../../infra/src/cli/session.ts";
import { bundleJanitor } from "../../infra/src/constructs/janitor-bundle.ts";
import { openStage, type Stage } from "../story/stage.ts";
import type { Bench } from "./bench-report.ts";
import { startCountingProxy } from "./counting-proxy.ts";
import { growTo } from "./living-versions.ts";

const LIVING = [1, 10, 80] as const;
const ROUNDS = 3;
const MEGABYTE = 2 ** 20;

/**
 * Calls for each version: AWS lists tagged resources by the hundred (a version has five), services by ten, scaling targets by
 * fifty.
 */
const CALLS_PER_VERSION = 5 / 100 + 1 / 10 + 1 / 50;

interface Figure {
  calls: number;
  seconds: number;
  /** The most memory that the process had at a time. */
  megabytes: number;
}

const bench: Bench = {
  description: `One run of the deployed janitor (its bundle, in a new process) against the local AWS, with ${LIVING.join(", ")} living versions
and nothing to do. Each version is a service with a running task. Calls are counted on the wire. Times depend on the machine
and have no limit.`,
  async run(log) {
    const stage = await openStage(
      "protection: { ...local.protection, maxVersions: 90, graceSeconds: 86400 }, janitor: { ...local.janitor, everyMinutes: 60 }, edge: { ...local.edge, mapTtlSeconds: 1 }",
    );
    const folder = await mkdtemp(join(tmpdir(), "lockstep-bench-"));
    const proxy = await startCountingProxy(stage.aws.endpoint);
    try {
      const bundle = join(folder, "index.mjs");
      await writeFile(bundle, bundleJanitor());
      log("deploying the platform and a first version …");
      await stage.deploy();
      await stage.run("infra/src/cli/release.ts", ["--allow-dirty"]);
      const figures = new Map<number, Figure>();
      for (const living of LIVING) {
        log(`growing to ${living} living versions …`);
        const environment = await inSession(stage, (session) => growTo(living, session));
        const runs: Figure[] = [];
        for (let round = 0; round < ROUNDS; round++) {
          proxy.take();
          const run = await runJanitor(bundle, { ...environment, AWS_ENDPOINT_URL: proxy.url });
          runs.push({ ...run, calls: proxy.take() });
        }
        const median = runs.sort((a, b) => a.seconds - b.seconds)[Math.floor(ROUNDS / 2)]!;
        figures.set(living, median);
        log(
          `${living} living: ${median.calls} calls, ${median.seconds.toFixed(2)} s, ${median.megabytes.toFixed(0)} MB`,
        );
      }
      const [fewest, most] = [figures.get(LIVING[0])!, figures.get(LIVING.at(-1)!)!];
      const row = (title: string, of: (figure: Figure) => number) => [
        title,
        ...LIVING.map((living) => of(figures.get(living)!)),
      ];
      return {
        tables: [
          {
            title: "A run with nothing to do",
            columns: ["", ...LIVING.map((living) => `${living} living`)],
            rows: [
              row("calls to AWS", ({ calls }) => calls),
              row("seconds (median)", ({ seconds }) => Number(seconds.toFixed(2))),
              row("megabytes at most", ({ megabytes }) => Math.round(megabytes)),
            ],
          },
        ],
        limits: [
          {
            what: `calls with ${LIVING.at(-1)} more than with ${LIVING[0]} living`,
            value: most.calls - fewest.calls,
            atMost: Math.ceil(LIVING.at(-1)! * CALLS_PER_VERSION),
          },
          { what: `megabytes with ${LIVING.at(-1)} living`, value: Math.round(most.megabytes), atMost: 150 },
        ],
      };
    } finally {
      await proxy.close();
      await stage.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};
export default bench;

/** Invokes the handler once, as Lambda does, and asserts that nothing was done. */
const MAIN = `
const { handler } = await import(process.argv[1]);
const begun = performance.now();
const report = await handler({ report: true }, { getRemainingTimeInMillis: () => 900_000 });
const seconds = (performance.now() - begun) / 1000;
const { done, postponed, failed } = report;
if (done.length + postponed.length + failed.length > 0) throw new Error(JSON.stringify({ done, postponed, failed }));
process.send({ seconds, kilobytes: process.resourceUsage().maxRSS });
process.disconnect();
`;

function runJanitor(bundle: string, env: NodeJS.ProcessEnv): Promise<Omit<Figure, "calls">> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [
        "--import",
        fileURLToPath(import.meta.resolve("@lockstep/local/aws-names")),
        "--input-type=module",
        "--eval",
        MAIN,
        bundle,
      ],
      {
        env: { ...process.env, ...env },
        stdio: ["ignore", "ignore", "pipe", "ipc"],
      },
    );
    let trouble = "";
    child.stderr!.on("data", (chunk) => {
      trouble += chunk;
    });
    child.once("message", (told) => {
      const { seconds, kilobytes } = told as { seconds: number; kilobytes: number };
      resolve({ seconds, megabytes: (kilobytes * 1024) / MEGABYTE });
    });
    child.once("error", reject);
    child.once("close", (code) => reject(new Error(`The janitor ended with ${code}: ${trouble}`)));
  });
}

/** Works on the stage's app in this process. @returns the environment of the janitor's function */
async function inSession(
  stage: Stage,
  work: (session: Session) => Promise<void>,
): Promise<Record<string, string>> {
  const { environment } = JSON.parse(await readFile(stage.stateFile, "utf8"));
  for (const [name, value] of Object.entries<string | null>(environment))
    if (value === null) delete process.env[name];
    else process.env[name] = value;
  await import("@lockstep/local/aws-names");
  let config = "";
  await withSession(async (session) => {
    await work(session);
    config = JSON.stringify(session.config);
  });
  return { LOCKSTEP_APP: JSON.parse(config).app, LOCKSTEP_CONFIG_JSON: config };
}
