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
    .description("list the versions: state, age, who, tasks, requests, and when each expires")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  npm run lockstep -- versions")
    .action((options: { json?: boolean }) => showVersions(options, io));
  program
    .command("watch")
    .description("list the versions, live; end with Ctrl-C")
    .option("--every <seconds>", "time between two reads", seconds, 2)
    .option("--json", "print a line of JSON after every change")
    .addHelpText("after", "\nExample:\n  npm run lockstep -- watch")
    .action((options: { every: number; json?: boolean }) => watchVersions(options, io));
}

function seconds(value: string): number {
  const parsed = Number(value);
  if (parsed >= 1 && parsed <= 3600) return parsed;
  throw new InvalidArgumentError("Not a number of seconds from 1 to 3600.");
}

async function showVersions({ json }: { json?: boolean }, io: Io): Promise<void> {
  await withSession(async (session) => {
    const listing = await readVersions(session);
    if (json) return io.out(`${JSON.stringify(listing)}\n`);
    const next = listing.current ? "npm run lockstep -- janitor plan" : "npm run release";
    const table =
      listing.versions.length === 0
        ? ""
        : `\n${renderTable(listing.versions, session.clock.now(), io.color)}`;
    io.out(`${headline(listing)}\n${table}\nNext: ${nextCommand(next, io.environment)}\n`);
  });
}

/** The output of `--json`. */
export interface VersionListing {
  app: string;
  region: string;
  revision: number;
  current?: string;
  floor?: string;
  versions: VersionRow[];
}

/** Reads the ledger, the services (one call per ten) and the request counts (one call). */
export async function readVersions({
  config,
  clients,
  outputs,
  lifecycle,
  clock,
}: Session): Promise<VersionListing> {
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

export function headline({ app, region, current, floor }: VersionListing): string {
  const first = current ? `current is ${current}` : "no version has been released yet";
  return `${app} in ${region}: ${first}${floor ? `; versions older than ${floor} are recalled` : ""}`;
}
