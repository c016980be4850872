import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalAws, startLocalAws } from "@lockstep/local";
import { ROOT, writeStateFile } from "../../local/start/state-file.ts";

export interface Stage {
  aws: LocalAws;
  /** Where viewers reach the first edge. */
  url: string;
  /** The second edge. */
  otherEdgeUrl: string;
  /** The load balancer's listener, which only CloudFront should reach. */
  loadBalancerUrl: string;
  /** `npm run <script> -- --local …`, as a user types it; what it prints on standard output. Throws all it printed when it fails. */
  run(what: string, args: string[], env?: Record<string, string>): Promise<string>;
  /** The same, to be killed in the middle. */
  start(what: string, args: string[]): RunningCommand;
  /** `npm run infra:deploy -- --local`: the genuine cdk. */
  deploy(): Promise<string>;
  /** What `--local` reads: how to reach this stage's AWS. */
  stateFile: string;
  /** Where this stage's cdk synthesises to. */
  cdkOutput: string;
  close(): Promise<void>;
}

export interface RunningCommand {
  /** Resolves when what it printed matches. */
  printed(pattern: RegExp): Promise<void>;
  /** SIGKILL to it and all that it started. */
  kill(): Promise<void>;
  /** Resolves when it has ended, however it did. */
  ended: Promise<unknown>;
}

/** How a test's configuration differs from local/start/lockstep.config.ts, as the source of an object literal's members. */
export type Changes = string;

/** An empty local AWS with two edges on free ports, and the commands of the checkout pointed at it. */
export async function openStage(changes: Changes = ""): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "lockstep-story-"));
  const [distribution, otherEdge] = [await freePort(), await freePort()];
  const aws = await startLocalAws({ distributionPorts: [distribution, otherEdge] });
  const url = `http://localhost:${distribution}`;
  const stateFile = join(folder, "local.json");
  const config = join(folder, "lockstep.config.ts");
  const cdkOutput = join(folder, "cdk.out");
  await writeFile(
    config,
    `import local from ${JSON.stringify(join(ROOT, "local", "start", "lockstep.config.ts"))};\nexport default { ...local, ${changes} };\n`,
  );
  await writeStateFile(stateFile, aws, { publicUrl: url, config });
  return {
    aws,
    url,
    stateFile,
    cdkOutput,
    otherEdgeUrl: `http://localhost:${otherEdge}`,
    get loadBalancerUrl() {
      return aws.listeners()[0]!.url;
    },
    run: (what, args, env = {}) =>
      runCommand([what, "--local", ...args], { LOCKSTEP_LOCAL_STATE: stateFile, ...env }),
    start: (what, args) => startCommand([what, "--local", ...args], { LOCKSTEP_LOCAL_STATE: stateFile }),
    deploy: () =>
      runCommand(
        ["cdk", "--local", "deploy", "--all", "--require-approval", "never", "--output", cdkOutput],
        { LOCKSTEP_LOCAL_STATE: stateFile },
      ),
    async close() {
      await aws.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function runCommand(args: string[], env: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, "run.mjs"), ...args], {
      cwd: ROOT,
      env: { ...process.env, CI: "true", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let all = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
      all += chunk;
    });
    child.stderr.on("data", (chunk) => {
      all += chunk;
    });
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`${args.join(" ")} ended with ${code}:\n${all}`));
    });
  });
}

function startCommand(args: string[], env: Record<string, string>): RunningCommand {
  const child = spawn(process.execPath, [join(ROOT, "run.mjs"), ...args], {
    cwd: ROOT,
    env: { ...process.env, CI: "true", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let all = "";
  const hear = new EventEmitter();
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      all += chunk;
      hear.emit("more");
    });
  const closed = once(child, "close");
  return {
    ended: closed,
    async printed(pattern) {
      while (!pattern.test(all)) {
        const ended = await Promise.race([once(hear, "more").then(() => false), closed.then(() => true)]);
        if (ended && !pattern.test(all)) throw new Error(`It ended and never printed ${pattern}:\n${all}`);
      }
    },
    async kill() {
      process.kill(-child.pid!, "SIGKILL");
      await closed;
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
