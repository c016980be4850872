import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Engine, Profile, Tab } from "./engine.ts";

export interface WebKitPrograms {
  /** WebKitWebDriver, which starts its own MiniBrowser. */
  driver: string;
  /** Xvfb: the MiniBrowser needs a display. */
  display: string;
}

/** Key of an element's id in WebDriver. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
const START_MS = 20_000;
const STOP_MS = 5000;

/** Starts WebKitGTK's MiniBrowser, driven by plain WebDriver. Each profile has its own driver and browser process. */
export async function launchWebKit(programs: WebKitPrograms): Promise<Engine> {
  const folder = await mkdtemp(join(tmpdir(), "lockstep-webkit-"));
  const { display, end } = await startDisplay(programs.display);
  const env = {
    ...process.env,
    DISPLAY: display,
    TMPDIR: folder,
    XDG_CACHE_HOME: join(folder, "cache"),
    XDG_CONFIG_HOME: join(folder, "config"),
    XDG_DATA_HOME: join(folder, "data"),
    GSETTINGS_BACKEND: "memory",
    NO_AT_BRIDGE: "1",
  };
  const first = await startSession(programs.driver, env);
  const open = new Set<Session>([first]);
  let spare: Session | undefined = first;
  return {
    name: "webkit",
    version: first.version,
    async profile() {
      const session = spare ?? (await startSession(programs.driver, env));
      spare = undefined;
      open.add(session);
      const close = async () => {
        open.delete(session);
        await session.end();
      };
      return { ...profileOf(session), close };
    },
    async close() {
      await Promise.all([...open].map((session) => session.end()));
      await end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A WebDriver session. Commands run one after the other, because each applies to the current window. */
interface Session {
  version: string;
  /** Runs commands with this window as the current one. */
  inWindow<Result>(handle: string, act: (command: Command) => Promise<Result>): Promise<Result>;
  /** Opens a window and returns its handle. */
  openWindow(): Promise<string>;
  end(): Promise<void>;
}

type Command = (method: "GET" | "POST" | "DELETE", path: string, body?: object) => Promise<any>;

async function startSession(program: string, env: NodeJS.ProcessEnv): Promise<Session> {
  const port = await freePort();
  const driver = start(program, [`--port=${port}`], env);
  const send = async (method: string, path: string, body?: object) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    const { value } = (await response.json()) as { value: any };
    if (!response.ok) throw new Error(`WebDriver ${method} ${path}: ${value.error}: ${value.message}`);
    return value;
  };
  await answers(driver, () => send("GET", "/status"));
  const browserOptions = { "webkitgtk:browserOptions": { args: ["--automation"] } };
  const { sessionId, capabilities } = await send("POST", "/session", {
    capabilities: { alwaysMatch: { browserName: "MiniBrowser", ...browserOptions } },
  });
  const command: Command = (method, path, body) => send(method, `/session/${sessionId}${path}`, body);
  let current: string | undefined;
  let last: Promise<unknown> = Promise.resolve();
  // The first window stays open, because a new window can only be opened from an existing one.
  const first: string = await command("GET", "/window");
  const inWindow: Session["inWindow"] = (handle, act) => {
    const next = last.then(async () => {
      if (current !== handle) await command("POST", "/window", { handle });
      current = handle;
      return act(command);
    });
    last = next.catch(() => {}); // the caller of this command gets the error
    return next;
  };
  return {
    version: capabilities.browserVersion,
    inWindow,
    openWindow: () =>
      // Not a tab: a tab in the background is hidden, and a hidden page does not check the status.
      inWindow(first, async () => (await command("POST", "/window/new", { type: "window" })).handle),
    async end() {
      await command("DELETE", "").catch(() => {}); // the browser may have ended already; its processes end below
      await stop(driver);
    },
  };
}

function profileOf(session: Session): Omit<Profile, "close"> {
  return {
    async open(address) {
      const tab = tabOf(session, await session.openWindow());
      await tab.goto(address);
      return tab;
    },
  };
}

function tabOf(session: Session, handle: string): Tab {
  const evaluate: Tab["evaluate"] = async (act, ...args) => {
    const script = `const done = arguments[arguments.length - 1];
      (async () => (${act})(...${JSON.stringify(args)}))().then(
        (value) => done({ value }),
        (error) => done({ error: String(error) }),
      );`;
    const answer = await session.inWindow(handle, (command) =>
      command("POST", "/execute/async", { script, args: [] }),
    );
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.value;
  };
  return {
    goto: (address) => session.inWindow(handle, (command) => command("POST", "/url", { url: address })),
    evaluate,
    click: (find) =>
      session.inWindow(handle, async (command) => {
        const script = `return (${find})();`;
        const element = await command("POST", "/execute/sync", { script, args: [] });
        await command("POST", `/element/${element[ELEMENT]}/click`, {});
      }),
    errors: () => evaluate(() => (globalThis as { lockstepErrors?: string[] }).lockstepErrors ?? []),
    close: () => session.inWindow(handle, (command) => command("DELETE", "/window")),
  };
}

/** Starts Xvfb with a free display, whose number Xvfb chooses. */
async function startDisplay(program: string): Promise<{ display: string; end(): Promise<void> }> {
  const args = ["-displayfd", "1", "-nolisten", "tcp", "-noreset", "-screen", "0", "1280x900x24"];
  const server = start(program, args, process.env);
  const [number] = (await Promise.race([
    once(server.stdout!, "data"),
    once(server, "exit").then(([code]) => Promise.reject(new Error(`Xvfb ended with code ${code}.`))),
  ])) as [Buffer];
  return { display: `:${String(number).trim()}`, end: () => stop(server) };
}

/**
 * Runs a program until this process closes its end of a pipe, which also happens when it is killed. Then ends the
 * program and its process group (the browser and its processes).
 */
const GUARD =
  'exec 3<&0; "$@" 3<&- </dev/null & p=$!; (cat <&3 >/dev/null; kill -TERM $p) & wait $p; kill -KILL 0';

function start(program: string, args: string[], env: NodeJS.ProcessEnv): ChildProcess {
  const command = ["-c", GUARD, "sh", program, ...args];
  return spawn("/bin/sh", command, { env, stdio: ["pipe", "pipe", "ignore"], detached: true });
}

/** Lets a program clean up (Xvfb removes its socket), then ends the rest of its process group. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, "exit");
    child.stdin!.end();
    const patience = setTimeout(() => killGroup(child), STOP_MS);
    await ended;
    clearTimeout(patience);
  }
}

function killGroup(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, "SIGKILL");
  } catch {
    // the group has already ended
  }
}

async function answers(driver: ChildProcess, ask: () => Promise<unknown>): Promise<void> {
  for (const end = Date.now() + START_MS; ; ) {
    try {
      await ask();
      return;
    } catch (cause) {
      if (driver.exitCode !== null || Date.now() > end)
        throw new Error("WebKitWebDriver does not answer.", { cause });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
