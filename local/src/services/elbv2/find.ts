import { found } from "../../cloud.ts";
import { required } from "./input.ts";
import {
  allListeners,
  type ListenerRecord,
  type LoadBalancerRecord,
  type RegionState,
  type TargetGroupRecord,
} from "./model.ts";

/** Finds a load balancer by its ARN. Throws the service's `…NotFound` error, or a `ValidationError` without an ARN. */
export function findLoadBalancer(state: RegionState, arn: string | undefined): LoadBalancerRecord {
  const record = state.loadBalancers.get(required(arn, "LoadBalancerArn"));
  return found(record, "LoadBalancerNotFound", `Load balancer '${arn}' not found`);
}

/** See `findLoadBalancer`. */
export function findListener(state: RegionState, arn: string | undefined): ListenerRecord {
  const wanted = required(arn, "ListenerArn");
  const record = allListeners(state).find((listener) => listener.arn === wanted);
  return found(record, "ListenerNotFound", `Listener '${arn}' not found`);
}

/** See `findLoadBalancer`. */
export function findTargetGroup(state: RegionState, arn: string | undefined): TargetGroupRecord {
  const record = state.targetGroups.get(required(arn, "TargetGroupArn"));
  return found(record, "TargetGroupNotFound", `Target group '${arn}' not found`);
}
