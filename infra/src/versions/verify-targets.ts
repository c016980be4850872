import type {
  ElasticLoadBalancingV2Client,
  TargetHealthDescription,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { describeTargets, isHealthy } from "../aws/targets.ts";
import type { Clock } from "../base/clock.ts";
import { LockstepError } from "../base/lockstep-error.ts";

export interface VerifyTargetsOptions {
  elb: Pick<ElasticLoadBalancingV2Client, "send">;
  targetGroupArn: string;
  /** The number of targets that must be healthy. */
  wanted: number;
  clock: Clock;
  /** Time limit. Default 5 minutes, because a new task pulls its image first. */
  timeoutMs?: number;
}

const POLL_MS = 500;

/**
 * Waits until a version has at least `wanted` targets, and all of them are healthy.
 *
 * @returns their number
 * @throws LockstepError TARGETS_UNHEALTHY with the load balancer's reason for the first unhealthy one
 */
export async function verifyTargets(options: VerifyTargetsOptions): Promise<number> {
  const { elb, targetGroupArn, wanted, clock, timeoutMs = 300_000 } = options;
  const deadline = clock.now() + timeoutMs;
  for (;;) {
    const all = await describeTargets(targetGroupArn, elb);
    // A draining target belongs to a task that was replaced.
    const targets = all.filter(({ TargetHealth }) => TargetHealth?.State !== "draining");
    const bad = targets.filter((target) => !isHealthy(target));
    if (bad.length === 0 && targets.length >= Math.max(1, wanted)) return targets.length;
    if (clock.now() >= deadline)
      throw new LockstepError("TARGETS_UNHEALTHY", healthText(targets.length - bad.length, wanted, bad[0]));
    await clock.sleep(POLL_MS);
  }
}

function healthText(healthy: number, wanted: number, bad: TargetHealthDescription | undefined): string {
  const count = `${healthy} of ${wanted} targets are healthy`;
  if (bad === undefined) return `${count}.`;
  const { State, Reason, Description } = bad.TargetHealth ?? {};
  return `${count}; ${bad.Target?.Id}:${bad.Target?.Port} is ${State} (${Description ?? Reason ?? "no reason"}).`;
}
