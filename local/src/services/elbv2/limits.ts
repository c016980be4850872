import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsError } from "../../aws-error.ts";
import type { LoadBalancerRecord } from "./model.ts";
import { groupArnsOf } from "./rule-actions.ts";

/** Maximum number of target groups in the rules of one ALB (quota, not adjustable). */
const TARGET_GROUPS_PER_LOAD_BALANCER = 100;
/** Maximum number of rules of one ALB, without the default rules (quota, adjustable on AWS). */
const RULES_PER_LOAD_BALANCER = 100;

/** Refuses actions that exceed the limit of target groups. `replaced`: actions that are removed at the same time. */
export function checkGroupLimit(
  loadBalancer: LoadBalancerRecord,
  added: Action[],
  replaced: Action[] = [],
): void {
  const arns = new Set(groupArnsOf(added));
  for (const listener of loadBalancer.listeners.values()) {
    for (const { actions } of [{ actions: listener.defaultActions }, ...listener.rules.values()]) {
      if (actions !== replaced) for (const arn of groupArnsOf(actions)) arns.add(arn);
    }
  }
  if (arns.size > TARGET_GROUPS_PER_LOAD_BALANCER) {
    throw new AwsError(
      "TooManyUniqueTargetGroupsPerLoadBalancer",
      `The load balancer '${loadBalancer.arn}' would have ${arns.size} target groups; ` +
        `${TARGET_GROUPS_PER_LOAD_BALANCER} are allowed. Delete unused rules first.`,
    );
  }
}

export function checkRuleLimit(loadBalancer: LoadBalancerRecord): void {
  const rules = [...loadBalancer.listeners.values()].reduce((sum, { rules }) => sum + rules.size, 0);
  if (rules >= RULES_PER_LOAD_BALANCER) {
    throw new AwsError(
      "TooManyRules",
      `The load balancer '${loadBalancer.arn}' has ${rules} rules; ${RULES_PER_LOAD_BALANCER} are allowed.`,
    );
  }
}
