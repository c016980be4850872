import { createLogUpdate } from "log-update";
import type { Io } from "./run-command-line.ts";
import { withSession } from "./session.ts";
import { headline, readVersions, type VersionsSeen } from "./versions.ts";
import { renderTable } from "./versions-table.ts";

/**
 * `lockstep watch`: the table, drawn anew in place at a terminal; elsewhere it is printed whenever something but the time
 * has changed. A look that fails is told, and the next one is tried. Ends with the process.
 */
export async function watchVersions(
  { every, json }: { every: number; json?: boolean },
  io: Io,
): Promise<void> {
  await withSession(async (session) => {
    const show = json || !io.color ? printChanges(io, json === true) : drawInPlace();
    for (;;) {
      try {
        show(await readVersions(session), session.clock.now());
      } catch (error) {
        io.error(`${new Date(session.clock.now()).toISOString()} ${(error as Error).message}\n`);
      }
      await session.clock.sleep(every * 1000);
    }
  });
}

type Show = (seen: VersionsSeen, now: number) => void;

function drawInPlace(): Show {
  const draw = createLogUpdate(process.stdout, { showCursor: true });
  return (seen, now) => draw(`${headline(seen)}\n\n${renderTable(seen.versions, now, true)}`);
}

function printChanges(io: Io, json: boolean): Show {
  let last = "";
  return (seen, now) => {
    const text = JSON.stringify(seen);
    if (text === last) return;
    last = text;
    io.out(json ? `${text}\n` : `${headline(seen)}\n\n${renderTable(seen.versions, now, false)}\n`);
  };
}
