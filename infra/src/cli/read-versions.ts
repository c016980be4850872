import { describeServices } from "../aws/services.ts";
import type { Ledger } from "../lifecycle/ledger.ts";
import type { ReadContext } from "../versions/context.ts";
import { countRequests } from "../versions/request-metric.ts";
import { toRows, type VersionRow } from "./view/versions-table.ts";

const HOUR_MS = 3_600_000;

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
}: ReadContext): Promise<VersionListing> {
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
  { clients, outputs, clock }: Pick<ReadContext, "clients" | "outputs" | "clock">,
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
