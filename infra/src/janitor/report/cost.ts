import type { LockstepConfig } from "../../config/config.ts";
import type { Capacity } from "../evidence/capacity.ts";
import type { RetirementPlan } from "../plan/plan-retirement.ts";

/** US dollars. */
interface FargatePrices {
  vcpuHour: number;
  gigabyteHour: number;
}

/** Month of the price table. */
const PRICES_OF = "2026-11";

/**
 * Fargate prices for Linux on x86, on demand, without taxes, discounts and savings plans. An estimate: the numbers come
 * from public articles that quote AWS's price list (aws.amazon.com/fargate/pricing), not from a price API.
 */
const PRICES: Record<string, FargatePrices> = {
  "us-east-1": { vcpuHour: 0.04048, gigabyteHour: 0.004445 },
  "us-east-2": { vcpuHour: 0.04048, gigabyteHour: 0.004445 },
  "us-west-2": { vcpuHour: 0.04048, gigabyteHour: 0.004445 },
  "eu-west-1": { vcpuHour: 0.04048, gigabyteHour: 0.004445 },
  "eu-central-1": { vcpuHour: 0.04656, gigabyteHour: 0.00511 },
};
/** Region whose prices are used for a region that is not in the table. */
const FALLBACK_REGION = "eu-central-1";
/** Each task has a public IPv4 address. AWS charges the same for it in every region (since February 2024). */
const ADDRESS_HOUR = 0.005;
const HOURS_A_MONTH = 730;
const MIB_A_GIGABYTE = 1024;

/** Cost of a version's tasks per month in US dollars, without what all versions share. */
function monthlyCost(tasks: number, { api, region }: Pick<LockstepConfig, "api" | "region">): number {
  const { vcpuHour, gigabyteHour } = PRICES[region] ?? PRICES[FALLBACK_REGION]!;
  const compute = (api.cpu / 1024) * vcpuHour + (api.memory / MIB_A_GIGABYTE) * gigabyteHour;
  return tasks * (compute + ADDRESS_HOUR) * HOURS_A_MONTH;
}

/** The region whose prices are used for a region. */
function pricesOf(region: string): string {
  return Object.hasOwn(PRICES, region) ? region : FALLBACK_REGION;
}

/** Estimated cost of versions per month in US dollars. */
export interface Costs {
  /** By version id; empty if the tasks could not be read. */
  monthly: Record<string, number>;
  total: number;
  /** The part that the plan saves by retiring versions. */
  saved: number;
  /** Region and month of the prices. */
  prices: string;
}

export function costsOf(
  capacity: ReadonlyMap<string, Capacity> | undefined,
  { actions }: Pick<RetirementPlan, "actions">,
  config: Pick<LockstepConfig, "api" | "region">,
): Costs {
  const monthly = Object.fromEntries(
    [...(capacity ?? [])].map(([id, { running, desired }]) => [
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
