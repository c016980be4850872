import type { Ledger } from "../lifecycle/ledger.ts";
import type { Releases } from "../lifecycle/release-lease.ts";
import type { ReadContext } from "../versions/context.ts";
import { type AppResource, listAppResources } from "./evidence/app-resources.ts";
import { type Capacity, readCapacity } from "./evidence/capacity.ts";
import { type RequestEvidence, readRequestEvidence } from "./evidence/request-evidence.ts";
import { selectOrphans } from "./plan/find-orphans.ts";
import { planRetirement, type RetirementPlan } from "./plan/plan-retirement.ts";
import { metricLagSeconds, policyOf } from "./plan/policy.ts";
import { type Costs, costsOf } from "./report/cost.ts";
import type { Failure } from "./report/outcome.ts";

/** The state of an app, and what the janitor plans to do about it. */
export interface Inspection {
  ledger: Ledger;
  releases: Releases;
  requests: Record<string, RequestEvidence>;
  /** Tasks and scaling by version; absent if they could not be read. */
  capacity?: Map<string, Capacity>;
  plan: RetirementPlan;
  costs: Costs;
  /** What could not be read. The plan leaves alone what it concerns. */
  unread: Failure[];
}

/**
 * Reads the state of the app and plans. Changes nothing. The number of calls hardly depends on the number of versions.
 */
export async function inspectVersions(context: ReadContext): Promise<Inspection> {
  const { config, outputs, clients, lifecycle, clock } = context;
  const policy = policyOf(config);
  const unread: Failure[] = [];
  const orUnread = <Value>(what: string, reading: Promise<Value>): Promise<Value | undefined> =>
    reading.catch((error: Error) => {
      unread.push({ what, message: error.message });
      return undefined;
    });
  // Before the ledger: see findOrphans().
  const resources = await orUnread("tagged resources", listAppResources(context));
  const ledger = await lifecycle.store.read();
  // Leases after the ledger: a release takes its lease before its first entry, so an entry without a lease has ended.
  const [releases, requests, capacity] = await Promise.all([
    lifecycle.leases.list(),
    readRequestEvidence(ledger, {
      app: config.app,
      cloudwatch: clients.cloudwatch,
      loadBalancerArn: outputs.loadBalancerArn,
      lookBackSeconds: policy.idleSeconds + metricLagSeconds(policy),
      now: clock.now(),
    }),
    orUnread("tasks and scaling", readCapacity(ledger, context)),
  ]);
  const now = clock.now();
  const orphans = selectOrphans(resources ?? ([] as AppResource[]), ledger, releases, now);
  const plan = planRetirement(ledger, { requests, releases }, { capacity, orphans }, policy, now);
  return { ledger, releases, requests, capacity, plan, costs: costsOf(capacity, plan, config), unread };
}
