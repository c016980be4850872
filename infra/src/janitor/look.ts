import type { AwsClients } from "../aws/clients.ts";
import type { LockstepConfig } from "../config/config.ts";
import type { Clock } from "../lifecycle/clock.ts";
import type { Ledger } from "../lifecycle/ledger.ts";
import type { Lifecycle } from "../lifecycle/lifecycle.ts";
import type { PlatformOutputs } from "../platform/outputs.ts";
import {
  metricLagSeconds,
  planRetirement,
  type RetirementPlan,
  type RetirementPolicy,
} from "./plan-retirement.ts";
import { readRequestEvidence } from "./request-evidence.ts";

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
  plan: RetirementPlan;
}

export function policyOf({ protection, files }: LockstepConfig): RetirementPolicy {
  return {
    graceSeconds: protection.graceSeconds,
    idleSeconds: protection.idleSeconds,
    windowSeconds: protection.windowSeconds,
    maxVersions: protection.maxVersions,
    filesSeconds: files.lifetimeSeconds,
  };
}

/** Reads what there is and plans; changes nothing. */
export async function look({ config, outputs, clients, lifecycle, clock }: JanitorContext): Promise<Look> {
  const policy = policyOf(config);
  const ledger = await lifecycle.store.read();
  // After the ledger: a release takes its lease before its first entry, so an entry without a lease has ended.
  const [releases, requests] = await Promise.all([
    lifecycle.leases.list(),
    readRequestEvidence(ledger, {
      cloudwatch: clients.cloudwatch,
      loadBalancerArn: outputs.loadBalancerArn,
      lookBackSeconds: policy.idleSeconds + metricLagSeconds(policy),
      now: clock.now(),
    }),
  ]);
  return { ledger, releases, plan: planRetirement(ledger, { requests, releases }, policy, clock.now()) };
}
