import { type Command, InvalidArgumentError } from "commander";
import { describeServices } from "../aws/services.ts";
import { countRequests } from "../janitor/request-metric.ts";
import type { Ledger } from "../lifecycle/ledger.ts";
import { nextCommand } from "./next-command.ts";
import type { Io } from "./run-command-line.ts";
import { type Session, withSession } from "./session.ts";
import { renderTable, toRows, type VersionRow } from "./versions-table.ts";
import { watchVersions } from "./watch.ts";

const HOUR_MS = 3_600_000;

/** `lockstep versions`, `lockstep watch` */
export function addVersions(program: Command, io: Io): void {
  program
    .command("versions")
    .description("the versions: state, age, who, tasks, requests, and how long each stays")
    .option("--json", "for machines")
    .addHelpText("after", "\nExample:\n  npm run lockstep -- versions")
    .action((options: { json?: boolean }) => showVersions(options, io));
  program
    .command("watch")
    .description("the table of versions, live; Ctrl-C ends it")
    .option("--every <seconds>", "between two looks", seconds, 2)
    .option("--json", "a line of JSON whenever something changed")
    .addHelpText("after", "\nExample:\n  npm run lockstep -- watch")
    .action((options: { every: number; json?: boolean }) => watchVersions(options, io));
}

function seconds(value: string): number {
  const parsed = Number(value);
  if (parsed >= 1 && parsed <= 3600) return parsed;
  throw new InvalidArgumentError("It takes seconds, 1 to 3600.");
}

async function showVersions({ json }: { json?: boolean }, io: Io): Promise<void> {
  await withSession(async (session) => {
    const seen = await readVersions(session);
    if (json) return io.out(`${JSON.stringify(seen)}\n`);
    const next = seen.current ? "npm run lockstep -- janitor plan" : "npm run release";
    const table =
      seen.versions.length === 0 ? "" : `\n${renderTable(seen.versions, session.clock.now(), io.color)}`;
    io.out(`${headline(seen)}\n${table}\nNext: ${nextCommand(next, io.environment)}\n`);
  });
}

/** What `--json` prints. */
export interface VersionsSeen {
  app: string;
  region: string;
  revision: number;
  current?: string;
  floor?: string;
  versions: VersionRow[];
}

/** One read of the ledger, then one call for every ten services and one for the requests to all of them. */
export async function readVersions({
  config,
  clients,
  outputs,
  lifecycle,
  clock,
}: Session): Promise<VersionsSeen> {
  const ledger = await lifecycle.store.read();
  const living = Object.entries(ledger.versions).filter(([, { slot }]) => slot !== undefined);
  const [services, requests] = await Promise.all([
    describeServices(
      living.map(([, { service }]) => service),
      { ecs: clients.ecs, clusterName: outputs.clusterName },
    ),
    requestsInHour(
      living.map(([id]) => id),
      ledger,
      { clients, outputs, clock },
    ),
  ]);
  const { revision, current, floor } = ledger;
  const versions = toRows(ledger, { services, requests }, config);
  return { app: config.app, region: config.region, revision, current, floor, versions };
}

function requestsInHour(
  ids: readonly string[],
  ledger: Ledger,
  { clients, outputs, clock }: Pick<Session, "clients" | "outputs" | "clock">,
): Promise<Record<string, number | undefined>> {
  const until = Math.ceil(clock.now() / 60_000) * 60_000;
  return countRequests(
    ids,
    ledger,
    { from: until - HOUR_MS, until, periodSeconds: 60 },
    { cloudwatch: clients.cloudwatch, loadBalancerArn: outputs.loadBalancerArn },
  );
}

export function headline({ app, region, current, floor }: VersionsSeen): string {
  const first = current ? `current is ${current}` : "nothing was released yet";
  return `${app} in ${region}: ${first}${floor ? `, recalled is what is older than ${floor}` : ""}`;
}
