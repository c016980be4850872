import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Session, withSession } from "../../infra/src/cli/session.ts";
import { openStage, type Stage } from "../story/stage.ts";
import type { Bench, BenchLimit, BenchTable } from "./bench-report.ts";
import { type CountingProxy, startCountingProxy } from "./counting-proxy.ts";
import { growTo } from "./living-versions.ts";

const LIVING = [1, 10, 80] as const;
const ROUNDS = 5;

/** DescribeServices takes ten names; there is no other call per living version in what an operator waits for. */
const SERVICES_PER_CALL = 10;

interface Figure {
  command: string;
  calls: number;
  /** Median, in seconds. */
  seconds: number;
}

const bench: Bench = {
  description: `The commands that an operator runs, against the local AWS, including the start of the process, with ${LIVING.join(", ")} living
versions. Each version is a service with a running task. Calls are counted on the wire. The baseline of the times is
\`lockstep --help\`, which starts the same process and calls nothing.`,
  async run(log) {
    const stage = await openStage(
      "protection: { ...local.protection, maxVersions: 90, windowSeconds: 31536000 }, files: { lifetimeSeconds: 31536000 }, edge: { ...local.edge, mapTtlSeconds: 1 }",
    );
    const kept = join(await mkdtemp(join(tmpdir(), "lockstep-bench-")), "build");
    const proxy = await startCountingProxy(stage.aws.endpoint);
    try {
      log("deploying the platform and a first version …");
      await stage.deploy();
      await stage.run("infra/src/cli/build.ts", ["--out", kept]);
      await stage.run("infra/src/cli/release.ts", ["--skip-build", kept, "--allow-dirty"]);
      const rows = new Map<number, Figure[]>();
      for (const living of LIVING) {
        log(`growing to ${living} living versions …`);
        await inSession(stage, (session) => growTo(living, session));
        rows.set(living, await measure(stage, proxy, { kept, state: await pointAtProxy(stage, proxy) }));
        for (const { command, calls, seconds } of rows.get(living)!)
          log(`${living} living: ${command}: ${calls} calls, ${seconds.toFixed(2)} s`);
      }
      return report(rows);
    } finally {
      await proxy.close();
      await stage.close();
      await rm(join(kept, ".."), { recursive: true, force: true });
    }
  },
};
export default bench;

async function measure(
  stage: Stage,
  proxy: CountingProxy,
  { kept, state }: { kept: string; state: string },
): Promise<Figure[]> {
  const counted = { LOCKSTEP_LOCAL_STATE: state };
  const lockstep = (...args: string[]) => stage.run("infra/src/cli/lockstep.ts", args, counted);
  const release = () =>
    stage.run("infra/src/cli/release.ts", ["--skip-build", kept, "--allow-dirty"], counted);
  const figures = [
    await time("--help (baseline)", proxy, ROUNDS, () => lockstep("--help")),
    await time("versions", proxy, ROUNDS, () => lockstep("versions")),
    await time("release, nothing changed", proxy, 1, release),
    await time("rollback", proxy, 1, () => lockstep("rollback")),
  ];
  const { versions } = JSON.parse(await lockstep("versions", "--json"));
  figures.push(await time("promote", proxy, 1, () => lockstep("promote", versions[0].id)));
  return figures;
}

async function time(
  command: string,
  proxy: CountingProxy,
  rounds: number,
  act: () => Promise<unknown>,
): Promise<Figure> {
  const times: number[] = [];
  let calls = 0;
  for (let round = 0; round < rounds; round++) {
    proxy.take();
    const begun = performance.now();
    await act();
    times.push((performance.now() - begun) / 1000);
    calls = proxy.take();
  }
  return { command, calls, seconds: times.sort((a, b) => a - b)[Math.floor(times.length / 2)]! };
}

/** The stage's state file with the proxy in the place of its endpoint. */
async function pointAtProxy({ stateFile, aws }: Stage, { url }: CountingProxy): Promise<string> {
  const text = await readFile(stateFile, "utf8");
  const { port } = new URL(aws.endpoint);
  const file = join(dirname(stateFile), "counted.json");
  await writeFile(file, text.replaceAll(`:${port}`, `:${new URL(url).port}`));
  return file;
}

/** Works on the stage's app in this process, as a command does in its own. */
async function inSession(stage: Stage, work: (session: Session) => Promise<void>): Promise<void> {
  const { environment } = JSON.parse(await readFile(stage.stateFile, "utf8"));
  for (const [name, value] of Object.entries<string | null>(environment))
    if (value === null) delete process.env[name];
    else process.env[name] = value;
  await import("@lockstep/local/aws-names");
  await withSession(work);
}

function report(rows: ReadonlyMap<number, Figure[]>): { tables: BenchTable[]; limits: BenchLimit[] } {
  const commands = rows.get(1)!.map(({ command }) => command);
  const of = (living: number, command: string) => rows.get(living)!.find((one) => one.command === command)!;
  const columns = ["command", ...LIVING.map((living) => `${living} living`)];
  const [fewest, most] = [LIVING[0], LIVING.at(-1)!];
  return {
    tables: [
      {
        title: "Calls to AWS",
        columns,
        rows: commands.map((command) => [command, ...LIVING.map((living) => of(living, command).calls)]),
      },
      {
        title: "Seconds (median; no limit)",
        columns,
        rows: commands.map((command) => [
          command,
          ...LIVING.map((living) => Number(of(living, command).seconds.toFixed(2))),
        ]),
      },
    ],
    limits: [
      {
        what: `versions: calls with ${most} more than with ${fewest} living`,
        value: of(most, "versions").calls - of(fewest, "versions").calls,
        atMost: Math.ceil(most / SERVICES_PER_CALL),
      },
      ...["rollback", "promote", "release, nothing changed"].map((command) => ({
        what: `${command}: calls with ${most} living as a ratio to ${fewest} living`,
        value: of(most, command).calls / of(fewest, command).calls,
        atMost: 1.25,
      })),
      {
        what: `versions with ${most} living: time as a ratio to the baseline`,
        value: of(most, "versions").seconds / of(most, "--help (baseline)").seconds,
        atMost: 3,
      },
    ],
  };
}
