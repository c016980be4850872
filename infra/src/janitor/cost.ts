import type { LockstepConfig } from "../config/config.ts";
import type { RetirementPlan } from "./plan-retirement.ts";
import type { RunsOn } from "./resources.ts";

/** US dollars. */
interface FargatePrices {
  vcpuHour: number;
  gigabyteHour: number;
}

/** When the table was made. */
const PRICES_OF = "2026-11";

/**
 * Fargate, Linux on x86, on demand. An estimate: from AWS's public price list (aws.amazon.com/fargate/pricing) as it was
 * quoted in public articles at that time; asked of no price API, without taxes, discounts and savings plans.
 */
const PRICES: Record<string, FargatePrices> = {
  "us-east-1": { vcpuHour: 0.04048, gigabyteHour: 0.004445 },
  "us-east-2": { vcpuHour: 0.04048, gigabyteHour: 0.004445 },
  "us-west-2": { vcpuHour: 0.04048, gigabyteHour: 0.004445 },
  "eu-west-1": { vcpuHour: 0.04048, gigabyteHour: 0.004445 },
  "eu-central-1": { vcpuHour: 0.04656, gigabyteHour: 0.00511 },
};
/** What stands in for a region that the table does not have. */
const FALLBACK_REGION = "eu-central-1";
/** A task here has a public address of its own; AWS charges for each since February 2024, everywhere the same. */
const ADDRESS_HOUR = 0.005;
const HOURS_A_MONTH = 730;
const MIB_A_GIGABYTE = 1024;

/** What one version costs a month in US dollars, when it goes on as it is: its tasks, and nothing that all versions share. */
function monthlyCost(tasks: number, { api, region }: Pick<LockstepConfig, "api" | "region">): number {
  const { vcpuHour, gigabyteHour } = PRICES[region] ?? PRICES[FALLBACK_REGION]!;
  const compute = (api.cpu / 1024) * vcpuHour + (api.memory / MIB_A_GIGABYTE) * gigabyteHour;
  return tasks * (compute + ADDRESS_HOUR) * HOURS_A_MONTH;
}

/** Whose prices an estimate for a region rests on. */
function pricesOf(region: string): string {
  return Object.hasOwn(PRICES, region) ? region : FALLBACK_REGION;
}

/** What versions cost a month in US dollars: an estimate. */
export interface Costs {
  /** Of each that runs; empty when it is not known what they run on. */
  monthly: Record<string, number>;
  total: number;
  /** What the plan's retirements save. */
  saved: number;
  /** Region and month of the prices. */
  prices: string;
}

/** What is paid for now, and no more when the plan is carried out. */
export function costsOf(
  runsOn: ReadonlyMap<string, RunsOn> | undefined,
  { actions }: Pick<RetirementPlan, "actions">,
  config: Pick<LockstepConfig, "api" | "region">,
): Costs {
  const monthly = Object.fromEntries(
    [...(runsOn ?? [])].map(([id, { running, desired }]) => [
      id,
      monthlyCost(Math.max(running, desired), config),
    ]),
  );
  const sum = (ids: readonly string[]) => ids.reduce((total, id) => total + (monthly[id] ?? 0), 0);
  return {
    monthly,
    total: sum(Object.keys(monthly)),
    saved: sum(actions.map(({ id }) => id)),
    prices: `${pricesOf(config.region)}, ${PRICES_OF}`,
  };
}
