import { type ChildProcess, spawn } from "node:child_process";

/**
 * Ends process groups when *this* process has ended, however it ended. SIGKILL cannot be caught, so another process
 * must watch: a shell in its own session reads a pipe from this process. The kernel closes the pipe when this process
 * ends. Then the shell sends SIGKILL to every group that was added and not removed. One shell of about 1 MB serves all
 * children.
 */
export interface OrphanGuard {
  add(groupId: number): void;
  remove(groupId: number): void;
  /** Stops watching. Groups that were not removed are killed. */
  close(): Promise<void>;
}

const SCRIPT = `
groups=
while read -r sign group; do
  if [ "$sign" = + ]; then groups="$groups $group"; continue; fi
  kept=
  for one in $groups; do [ "$one" = "$group" ] || kept="$kept $one"; done
  groups=$kept
done
for one in $groups; do kill -KILL "-$one" 2>/dev/null; done
`;

/** Creates a guard. Its shell starts with the first group, and starts again if another process ends it. */
export function createOrphanGuard(): OrphanGuard {
  const groups = new Set<number>();
  let shell: ChildProcess | undefined;
  let closed = false;

  function start(): void {
    const started = spawn("/bin/sh", ["-c", SCRIPT], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
    shell = started;
    // A broken pipe means that the shell has ended, which "exit" handles.
    started.stdin!.on("error", () => {});
    started.once("error", () => {});
    started.once("exit", () => {
      if (shell !== started) return;
      shell = undefined;
      if (!closed && groups.size > 0) start();
    });
    started.unref();
    for (const group of groups) send("+", group);
  }

  function send(sign: "+" | "-", group: number): void {
    shell?.stdin?.write(`${sign} ${group}\n`);
  }

  return {
    add(group) {
      groups.add(group);
      if (shell === undefined) start();
      else send("+", group);
    },
    remove(group) {
      if (groups.delete(group)) send("-", group);
    },
    async close() {
      closed = true;
      const running = shell;
      if (running === undefined) return;
      const gone = new Promise((resolve) => running.once("exit", resolve));
      running.ref();
      running.stdin!.end();
      if (running.exitCode === null && running.signalCode === null) await gone;
    },
  };
}
