import { createLogUpdate } from "log-update";
import { headline, readVersions, type VersionListing } from "./read-versions.ts";
import type { Io } from "./run-command-line.ts";
import { withSession } from "./session.ts";
import { renderTable } from "./view/versions-table.ts";

/**
 * `lockstep watch`: redraws the table in place at a terminal. Elsewhere it prints the table after every change. Reports
 * a read that fails and continues. Runs until the process ends.
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

type Show = (listing: VersionListing, now: number) => void;

function drawInPlace(): Show {
  const draw = createLogUpdate(process.stdout, { showCursor: true });
  return (listing, now) => draw(`${headline(listing)}\n\n${renderTable(listing.versions, now, true)}`);
}

function printChanges(io: Io, json: boolean): Show {
  let last = "";
  return (listing, now) => {
    const text = JSON.stringify(listing);
    if (text === last) return;
    last = text;
    io.out(json ? `${text}\n` : `${headline(listing)}\n\n${renderTable(listing.versions, now, false)}\n`);
  };
}
