import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { type LocalAws, startLocalAws } from "../src/aws.ts";
import { HELP, parseOptions, type StartOptions, UsageError } from "./start-options.ts";
import { ROOT, removeStateFile, STATE_FILE, writeStateFile } from "./state-file.ts";

const running = new Set<ChildProcess>();
let aws: LocalAws | undefined;
let ending: Promise<void> | undefined;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    process.exitCode = 0;
    void end();
  });
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (ending === undefined) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
  await end();
}

async function main(args: string[]): Promise<void> {
  const begun = Date.now();
  const options = parseOptions(args);
  if (options === "help") {
    console.log(HELP);
    return;
  }
  const distributionPorts = Array.from(
    { length: options.edges },
    (_, edge) => options.distributionPort + edge,
  );
  await refuseBusyPorts(options, distributionPorts);

  aws = await startLocalAws({
    endpointPort: options.port,
    distributionPorts,
    loadBalancerPorts: [options.albPort],
    faultSeed: options.faultSeed,
    log: options.verbose ? (line) => console.log(`  local  ${line}`) : undefined,
  });
  aws.faults.check(options.faults);
  await writeStateFile(STATE_FILE, aws, { publicUrl: `http://localhost:${options.distributionPort}` });
  console.log(`The local AWS listens on ${aws.endpoint}.`);
  if (options.empty) {
    startFaults(aws, options);
    return printEmpty(aws);
  }

  console.log("\nDeploying the platform: cdk deploy --all\n");
  await run("cdk", ["deploy", "--all", "--require-approval", "never", "--progress", "events", "--no-color"]);
  console.log("\nReleasing the first version: npm run release\n");
  await run("infra/src/cli/release.ts", ["--allow-dirty"]);
  startFaults(aws, options);
  printReady(aws, Math.round((Date.now() - begun) / 1000));
}

/** Checks all ports before anything starts. A port that turns out to be in use later would leave half a platform. */
async function refuseBusyPorts(options: StartOptions, distributionPorts: number[]): Promise<void> {
  const wanted = [
    { port: options.port, what: "the AWS endpoint", option: "--port" },
    ...distributionPorts.map((port) => ({ port, what: "the distribution", option: "--distribution-port" })),
    { port: options.albPort, what: "the load balancer", option: "--alb-port" },
  ];
  const taken = new Set<number>();
  for (const { port, what, option } of wanted) {
    if (taken.has(port) || (await isBusy(port))) {
      throw new Error(
        `Port ${port} for ${what} is in use. Stop the process that uses it, or choose another port: npm start -- ${option} ${port + 100}`,
      );
    }
    taken.add(port);
  }
}

function isBusy(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(true));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(false)));
  });
}

/** Runs a command of this repository against the local AWS, as `--local` does. */
async function run(what: string, args: string[]): Promise<void> {
  const command = [join(ROOT, "run.mjs"), what, "--local", ...args];
  const child = spawn(process.execPath, command, {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, LOCKSTEP_LOCAL_STATE: STATE_FILE },
  });
  running.add(child);
  const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  running.delete(child);
  if (code !== 0)
    throw new Error(
      `\n${what} failed (${code === null ? "ended by a signal" : `exit code ${code}`}). Its output is above. No process is left running.`,
    );
}

/** Starts the faults after the first release: they rehearse trouble with a running platform. */
function startFaults(local: LocalAws, { faults }: StartOptions): void {
  if (faults.length === 0) return;
  local.faults.set(faults);
  console.log(`\nFault rules are now active (seed ${local.faults.seed}):\n  ${faults.join("\n  ")}`);
}

function printReady(local: LocalAws, seconds: number): void {
  const [first, ...others] = local.distributions()[0]?.urls ?? [];
  const listener = local.listeners()[0]?.url;
  console.log(`
Ready in ${seconds} s.

  page           ${first?.replace("127.0.0.1", "localhost")}${others.length > 0 ? `   (more edges: ${others.join(" ")})` : ""}
  AWS endpoint   ${local.endpoint}   (account 123456789012; any SDK or the AWS CLI with --endpoint-url)
  load balancer  ${listener}

Open the page and leave it open. Then, in a second terminal, ship a breaking change:

  DEMO_CONTRACT=2 npm run release -- --local

Press Ctrl-C to stop everything.`);
}

function printEmpty(local: LocalAws): void {
  console.log(`
Nothing is deployed. In a second terminal:

  npm run infra:deploy -- --local
  npm run release -- --local

Any SDK or the AWS CLI can use it with --endpoint-url ${local.endpoint}. Press Ctrl-C to stop everything.`);
}

/**
 * Stops the child processes, removes the state file of `--local` runs, then closes the cloud with its tasks and
 * sockets.
 */
function end(): Promise<void> {
  ending ??= (async () => {
    for (const child of running) child.kill("SIGTERM");
    if (aws === undefined) return;
    console.log("\nStopping tasks, functions and listeners …");
    await removeStateFile(STATE_FILE);
    await aws.close();
    console.log("Stopped. No process is left running.");
  })();
  return ending;
}
