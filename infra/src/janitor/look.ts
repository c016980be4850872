import type { AwsClients } from "../aws/clients.ts";
import type { LockstepConfig } from "../config/config.ts";
import type { Clock } from "../lifecycle/clock.ts";
import type { Ledger } from "../lifecycle/ledger.ts";
import type { Lifecycle } from "../lifecycle/lifecycle.ts";
import type { PlatformOutputs } from "../platform/outputs.ts";
import { type Belonging, readBelongings } from "./belongings.ts";
import { type Costs, costsOf } from "./cost.ts";
import { judgeOrphans } from "./find-orphans.ts";
import { planRetirement, type RetirementPlan } from "./plan-retirement.ts";
import { metricLagSeconds, policyOf } from "./policy.ts";
import { type RequestEvidence, readRequestEvidence } from "./request-evidence.ts";
import { type RunsOn, readRunsOn } from "./resources.ts";

/** Everything that a look at an app's versions needs. */
export interface JanitorContext {
  config: LockstepConfig;
  outputs: PlatformOutputs;
  clients: AwsClients;
  lifecycle: Lifecycle;
  clock: Clock;
}

export interface Look {
  ledger: Ledger;
  releases: Map<string, "running" | "died">;
  requests: Record<string, RequestEvidence>;
  /** Absent when it could not be read. */
  runsOn?: Map<string, RunsOn>;
  plan: RetirementPlan;
  costs: Costs;
  /** What could not be read, in words; the plan does without it and touches nothing that it is about. */
  unread: string[];
}

/** Reads what there is and plans; changes nothing. As many calls as there are batches, whatever the number of versions. */
export async function look(context: JanitorContext): Promise<Look> {
  const { config, outputs, clients, lifecycle, clock } = context;
  const policy = policyOf(config);
  const unread: string[] = [];
  const orUnread = <Value>(what: string, reading: Promise<Value>): Promise<Value | undefined> =>
    reading.catch((error: Error) => {
      unread.push(`${what}: ${error.message}`);
      return undefined;
    });
  // First, and the ledger after it: find-orphans.ts says why.
  const belongings = await orUnread("what belongs to versions", readBelongings(context));
  const ledger = await lifecycle.store.read();
  // After the ledger: a release takes its lease before its first entry, so an entry without a lease has ended.
  const [releases, requests, runsOn] = await Promise.all([
    lifecycle.leases.list(),
    readRequestEvidence(ledger, {
      app: config.app,
      cloudwatch: clients.cloudwatch,
      loadBalancerArn: outputs.loadBalancerArn,
      lookBackSeconds: policy.idleSeconds + metricLagSeconds(policy),
      now: clock.now(),
    }),
    orUnread("what versions run on", readRunsOn(ledger, context)),
  ]);
  const now = clock.now();
  const orphans = judgeOrphans(belongings ?? ([] as Belonging[]), ledger, releases, now);
  const plan = planRetirement(ledger, { requests, releases }, { runsOn, orphans }, policy, now);
  return { ledger, releases, requests, runsOn, plan, costs: costsOf(runsOn, plan, config), unread };
}
