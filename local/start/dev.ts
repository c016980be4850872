import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { ROOT, STATE_FILE } from "./state-file.ts";

const HELP = `npm run dev [-- --api]

Serves the page with hot reload. Its /api goes to the local distribution if \`npm start\` runs in another terminal.
Otherwise, or with --api, it goes to the API, which this command starts in watch mode.
`;

const args = process.argv.slice(2);
if (args.includes("--help")) {
  console.log(HELP);
} else {
  const distribution = args.includes("--api") ? undefined : runningDistribution();
  const api = distribution ?? (await startApi());
  console.log(
    `The page's /api goes to ${distribution === undefined ? "the API in watch mode" : "the local distribution"}, ${api}.`,
  );
  start(join(ROOT, "web", "node_modules", "vite", "bin", "vite.js"), [], "web", { LOCKSTEP_DEV_API: api });
}

function runningDistribution(): string | undefined {
  if (!existsSync(STATE_FILE)) return undefined;
  return JSON.parse(readFileSync(STATE_FILE, "utf8")).environment.LOCKSTEP_PUBLIC_URL;
}

/** Starts the API's source in Node, which restarts it after changes. */
async function startApi(): Promise<string> {
  const port = await freePort();
  start("--watch", ["src/main.ts"], "api", { PORT: String(port) });
  return `http://127.0.0.1:${port}`;
}

function start(first: string, rest: string[], folder: string, variables: Record<string, string>): void {
  const child = spawn(process.execPath, [first, ...rest], {
    cwd: join(ROOT, folder),
    stdio: "inherit",
    env: { ...process.env, ...variables },
  });
  // When one process ends, all end, because neither page nor API is useful alone.
  child.once("exit", (code) => {
    process.exitCode ??= code ?? 0;
    process.kill(process.pid, "SIGTERM");
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => child.kill(signal));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
