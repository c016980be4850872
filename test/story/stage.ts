import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalAws, startLocalAws } from "@lockstep/local";
import { ROOT, writeStateFile } from "../../local/start/state-file.ts";
import { type RunningCommand, runCommand, startCommand } from "./commands.ts";

export interface Stage {
  aws: LocalAws;
  /** URL of the first edge for viewers. */
  url: string;
  /** URL of the second edge. */
  otherEdgeUrl: string;
  /** URL of the load balancer's listener, which only CloudFront should reach. */
  loadBalancerUrl: string;
  /**
   * Runs `npm run <script> -- --local …` and returns its standard output. If the command fails, the error contains all
   * its output.
   */
  run(file: string, args: string[], env?: Record<string, string>): Promise<string>;
  /** Starts such a command, so that a test can kill it. */
  start(file: string, args: string[]): RunningCommand;
  /** Runs `npm run infra:deploy -- --local`: the genuine cdk. */
  deploy(): Promise<string>;
  /** Runs `npm run infra:destroy -- --local …`. */
  destroy(args: string[]): Promise<string>;
  /**
   * Moves the clock of AWS, of the functions in the region, and of commands that start later. Edge functions, tasks and the browser
   * keep the real time.
   */
  moveClock(ms: number): Promise<void>;
  /** Shortens how long the load balancer lets requests finish before a task stops. Lockstep's setting is 30 s. */
  shortenDrain(seconds: number): Promise<void>;
  /** File that `--local` reads: how to reach this stage's AWS. */
  stateFile: string;
  close(): Promise<void>;
}

/** How a test's configuration differs from local/start/lockstep.config.ts: the members of an object literal, as source. */
type Changes = string;

export const REGION = "eu-west-1";

const SHORT_CDK_POLLS = preload("local/test/cloudformation/short-cdk-polls.ts");
const SHORT_POLLS = preload("test/story/short-polls.ts");
const MOVED_CLOCK = preload("test/story/moved-clock.ts");

/** Starts an empty local AWS with two edges on free ports, and points this checkout's commands at it. */
export async function openStage(changes: Changes = ""): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "lockstep-story-"));
  const [distribution, otherEdge] = [await freePort(), await freePort()];
  let aheadMs = 0;
  const aws = await startLocalAws({
    distributionPorts: [distribution, otherEdge],
    now: () => Date.now() + aheadMs,
  });
  const url = `http://localhost:${distribution}`;
  const stateFile = join(folder, "local.json");
  const config = join(folder, "lockstep.config.ts");
  await writeFile(
    config,
    `import local from ${JSON.stringify(join(ROOT, "local", "start", "lockstep.config.ts"))};\nexport default { ...local, ${changes} };\n`,
  );
  await writeStateFile(stateFile, aws, { publicUrl: url, config });

  const environment = (...preloads: string[]) => {
    if (aheadMs !== 0) preloads.push(MOVED_CLOCK);
    const options = [process.env.NODE_OPTIONS, SHORT_POLLS, ...preloads];
    return {
      LOCKSTEP_LOCAL_STATE: stateFile,
      LOCKSTEP_CLOCK_AHEAD_MS: String(aheadMs),
      NODE_OPTIONS: options.join(" ").trim(),
    };
  };
  const cdk = ["--output", join(folder, "cdk.out")];
  return {
    aws,
    url,
    stateFile,
    otherEdgeUrl: `http://localhost:${otherEdge}`,
    get loadBalancerUrl() {
      return aws.listeners()[0]!.url;
    },
    run: (file, args, env = {}) => runCommand([file, "--local", ...args], { ...environment(), ...env }),
    start: (file, args) => startCommand([file, "--local", ...args], environment()),
    deploy: () =>
      runCommand(
        ["cdk", "--local", "deploy", "--all", "--require-approval", "never", ...cdk],
        environment(SHORT_CDK_POLLS),
      ),
    destroy: (args) =>
      runCommand(["infra/src/cli/destroy.ts", "--local", ...args, ...cdk], environment(SHORT_CDK_POLLS)),
    async moveClock(ms) {
      await setClockOfFunctions(aws, aheadMs + ms);
      aheadMs += ms;
    },
    shortenDrain: (seconds) => shortenDrain(aws, seconds),
    async close() {
      await aws.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Returns the Node option that loads a file of this repository before the program. */
function preload(file: string): string {
  return `--import ${new URL(`../../${file}`, import.meta.url)}`;
}

/**
 * Sets NODE_OPTIONS of each Lambda function, so that it loads moved-clock.ts. A changed configuration starts a new
 * process.
 */
async function setClockOfFunctions({ cloud }: LocalAws, aheadMs: number): Promise<void> {
  const { Functions } = await cloud.call("lambda", "ListFunctions", {}, { region: REGION });
  for (const { FunctionName, Environment } of Functions) {
    const Variables = {
      ...Environment?.Variables,
      NODE_OPTIONS: MOVED_CLOCK,
      LOCKSTEP_CLOCK_AHEAD_MS: String(aheadMs),
    };
    const input = { FunctionName, Environment: { Variables } };
    await cloud.call("lambda", "UpdateFunctionConfiguration", input, { region: REGION });
  }
}

async function shortenDrain({ cloud }: LocalAws, seconds: number): Promise<void> {
  const { TargetGroups } = await cloud.call("elbv2", "DescribeTargetGroups", {}, { region: REGION });
  const Attributes = [{ Key: "deregistration_delay.timeout_seconds", Value: String(seconds) }];
  for (const { TargetGroupArn } of TargetGroups)
    await cloud.call(
      "elbv2",
      "ModifyTargetGroupAttributes",
      { TargetGroupArn, Attributes },
      { region: REGION },
    );
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
