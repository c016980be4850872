import { formatAge, formatMoment } from "../../base/format.ts";
import type { LockstepConfig } from "../../config/config.ts";
import type { Ledger, Version, VersionState } from "../../lifecycle/ledger.ts";

/** A version as `lockstep versions --json` prints it. Times are ISO 8601. */
export interface VersionRow {
  id: string;
  state: VersionState;
  current: boolean;
  createdAt: string;
  /** Absent if the version has no service. */
  tasks?: { running: number; desired: number };
  /** Requests in the last hour, including probes; absent if unknown. */
  requests?: number;
  /** When the version's window ends; only for published and superseded versions. */
  protectedUntil?: string;
  actor: string;
  image: string;
}

export interface TaskCounts {
  runningCount?: number;
  desiredCount?: number;
}

/** Task counts by service name, and requests by version id. */
export interface Running {
  services: ReadonlyMap<string, TaskCounts>;
  requests: Readonly<Record<string, number | undefined>>;
}

/** One row per version, newest first. */
export function toRows(
  ledger: Ledger,
  { services, requests }: Running,
  { protection }: Pick<LockstepConfig, "protection">,
): VersionRow[] {
  return Object.entries(ledger.versions)
    .sort(([a], [b]) => (a < b ? 1 : -1))
    .map(([id, version]) => {
      const service = services.get(version.service);
      const until = protectedUntil(version, protection.windowSeconds);
      return {
        id,
        state: version.state,
        current: id === ledger.current,
        createdAt: new Date(version.createdAt).toISOString(),
        ...(service && {
          tasks: { running: service.runningCount ?? 0, desired: service.desiredCount ?? 0 },
        }),
        ...(requests[id] !== undefined && { requests: requests[id] }),
        ...(until !== undefined && { protectedUntil: new Date(until).toISOString() }),
        actor: version.actor,
        image: version.image,
      };
    });
}

function protectedUntil(version: Version, windowSeconds: number): number | undefined {
  const since = version.state === "published" ? version.publishedAt : version.supersededAt;
  if (since === undefined || (version.state !== "superseded" && version.state !== "published"))
    return undefined;
  return since + windowSeconds * 1000;
}

const HEAD = ["", "VERSION", "STATE", "AGE", "BY", "TASKS", "REQUESTS/H", "EXPIRES BY"] as const;
const ACTOR_WIDTH = 16;

export function renderTable(rows: readonly VersionRow[], now: number, color: boolean): string {
  const cells = rows.map((row) => [
    row.current ? "●" : "",
    row.id,
    row.state,
    formatAge(now - Date.parse(row.createdAt)),
    row.actor.length > ACTOR_WIDTH ? `${row.actor.slice(0, ACTOR_WIDTH - 1)}…` : row.actor,
    row.tasks ? `${row.tasks.running}/${row.tasks.desired}` : "-",
    row.requests === undefined ? "-" : String(row.requests),
    expiryText(row, now),
  ]);
  const widths = HEAD.map((head, column) =>
    Math.max(head.length, ...cells.map((line) => line[column]!.length)),
  );
  const line = (texts: readonly string[]) =>
    texts
      .map((text, column) => text.padEnd(widths[column]!))
      .join("  ")
      .trimEnd();
  const lines = cells.map((texts, index) =>
    color && rows[index]!.current ? `\u001b[1m${line(texts)}\u001b[0m` : line(texts),
  );
  return `${[line(HEAD), ...lines].join("\n")}\n`;
}

function expiryText(row: VersionRow, now: number): string {
  if (row.current) return "(current)";
  if (row.protectedUntil !== undefined) return formatMoment(Date.parse(row.protectedUntil), now);
  return "-";
}
