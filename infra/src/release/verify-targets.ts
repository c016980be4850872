import {
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  type TargetHealthDescription,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Clock } from "../base/clock.ts";
import { LockstepError } from "../base/lockstep-error.ts";

export interface VerifyTargetsOptions {
  elb: Pick<ElasticLoadBalancingV2Client, "send">;
  targetGroupArn: string;
  /** As many must be healthy. */
  wanted: number;
  clock: Clock;
  /** Default 5 minutes: a task that has to start pulls its image first. */
  patienceMs?: number;
}

const POLL_MS = 500;

/**
 * Waits until a version's targets are healthy: all of them, and as many as it was given.
 *
 * @returns how many
 * @throws LockstepError TARGETS_UNHEALTHY with what the load balancer says of the first bad one
 */
export async function verifyTargets(options: VerifyTargetsOptions): Promise<number> {
  const { elb, targetGroupArn, wanted, clock, patienceMs = 300_000 } = options;
  const deadline = clock.now() + patienceMs;
  for (;;) {
    const { TargetHealthDescriptions = [] } = await elb.send(
      new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn }),
    );
    // A task that was replaced meanwhile is on its way out, and no fault.
    const targets = TargetHealthDescriptions.filter(({ TargetHealth }) => TargetHealth?.State !== "draining");
    const bad = targets.filter(({ TargetHealth }) => TargetHealth?.State !== "healthy");
    if (bad.length === 0 && targets.length >= Math.max(1, wanted)) return targets.length;
    if (clock.now() >= deadline)
      throw new LockstepError("TARGETS_UNHEALTHY", describe(targets.length - bad.length, wanted, bad[0]));
    await clock.sleep(POLL_MS);
  }
}

function describe(healthy: number, wanted: number, bad: TargetHealthDescription | undefined): string {
  const count = `${healthy} of ${wanted} targets are healthy`;
  if (bad === undefined) return `${count}.`;
  const { State, Reason, Description } = bad.TargetHealth ?? {};
  return `${count}; ${bad.Target?.Id}:${bad.Target?.Port} is ${State} (${Description ?? Reason ?? "no reason"}).`;
}
