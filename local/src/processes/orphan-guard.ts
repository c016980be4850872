import { type ChildProcess, spawn } from "node:child_process";

/**
 * Ends process groups when *this* process is gone, however it went. SIGKILL cannot be caught, so somebody else must
 * watch: a shell of its own session reads our pipe. The kernel closes the pipe when we die; the shell then sends
 * SIGKILL to every group that it was told of and not told off again. One shell of about 1 MB for all children.
 */
export interface OrphanGuard {
  add(groupId: number): void;
  remove(groupId: number): void;
  /** Ends the watch. Groups that are still known are killed. */
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

/** The shell starts with the first group. It is started anew when somebody ends it. */
export function createOrphanGuard(): OrphanGuard {
  const groups = new Set<number>();
  let shell: ChildProcess | undefined;
  let closed = false;

  function start(): void {
    const started = spawn("/bin/sh", ["-c", SCRIPT], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
    shell = started;
    // A broken pipe means that the shell is gone: "exit" deals with it.
    started.stdin!.on("error", () => {});
    started.once("error", () => {});
    started.once("exit", () => {
      if (shell !== started) return;
      shell = undefined;
      if (!closed && groups.size > 0) start();
    });
    started.unref();
    for (const group of groups) tell("+", group);
  }

  function tell(sign: "+" | "-", group: number): void {
    shell?.stdin?.write(`${sign} ${group}\n`);
  }

  return {
    add(group) {
      groups.add(group);
      if (shell === undefined) start();
      else tell("+", group);
    },
    remove(group) {
      if (groups.delete(group)) tell("-", group);
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
