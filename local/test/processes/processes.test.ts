import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { createProcesses, type Processes } from "../../src/processes/processes.ts";
import { isGone, until } from "./process-state.ts";

const open: Processes[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((processes) => processes.close(0)));
});

function processes(): Processes {
  const made = createProcesses();
  open.push(made);
  return made;
}

const NODE = { command: process.execPath, cwd: "/", env: {} };

/** Starts a grandchild, prints both ids, and ignores SIGTERM on request. */
const FAMILY = `
  const { spawn } = require("node:child_process");
  const grandchild = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  if (process.env.STUBBORN) process.on("SIGTERM", () => {});
  setInterval(() => {}, 1000);
  console.log(process.pid + " " + grandchild.pid);
`;

describe("createProcesses()", () => {
  it("gives a process the given environment and inherits nothing", async () => {
    const lines: string[] = [];
    const child = processes().start({
      ...NODE,
      args: ["-p", "JSON.stringify(process.env)"],
      env: { ONLY: "this" },
      onLine: (line) => lines.push(line),
    });
    expect(await child.exited).toEqual({ code: 0 });
    expect(JSON.parse(lines[0]!)).toEqual({ ONLY: "this" });
  });

  it("reads lines of both outputs, including an unfinished last one", async () => {
    const lines: string[] = [];
    const code = `process.stdout.write("out\\nrest"); process.stderr.write("err")`;
    await processes().start({ ...NODE, args: ["-e", code], onLine: (line) => lines.push(line) }).exited;
    expect(lines.sort()).toEqual(["err", "out", "rest"]);
  });

  it("reports why a command could not be started", async () => {
    const child = processes().start({ ...NODE, command: "/no/such/command", args: [] });
    expect((await child.exited).error?.message).toContain("ENOENT");
  });

  it("stop() sends SIGTERM to the group, and SIGKILL if it does not end", async () => {
    const { child, pids } = await startFamily({ STUBBORN: "1" });
    expect(await child.stop(50)).toEqual({ signal: "SIGKILL" });
    for (const pid of pids) await until(() => isGone(pid));
  });

  it("ends a process's children when the process exits", async () => {
    const { child, pids } = await startFamily({});
    process.kill(pids[0]!, "SIGKILL");
    expect(await child.exited).toEqual({ signal: "SIGKILL" });
    await until(() => isGone(pids[1]!));
  });

  async function startFamily(env: Record<string, string>) {
    const { promise, resolve } = Promise.withResolvers<string>();
    const child = processes().start({ ...NODE, args: ["-e", FAMILY], env, onLine: resolve });
    return { child, pids: (await promise).split(" ").map(Number) };
  }
});

describe("a parent killed with SIGKILL", () => {
  it("leaves no process behind", async () => {
    const entry = fileURLToPath(new URL("parent-of-two.ts", import.meta.url));
    const parent = spawn(process.execPath, [entry], { stdio: ["ignore", "pipe", "inherit"] });
    const pids: number[] = [];
    for await (const line of createInterface({ input: parent.stdout })) {
      pids.push(Number(line));
      if (pids.length === 2) break;
    }
    expect(pids.some(isGone)).toBe(false);
    parent.kill("SIGKILL");
    for (const pid of pids) await until(() => isGone(pid));
  });
});
