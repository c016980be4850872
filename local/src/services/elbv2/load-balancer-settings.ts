import type {
  AvailabilityZone,
  DescribeLoadBalancerAttributesInput,
  ModifyLoadBalancerAttributesInput,
  SetSecurityGroupsInput,
  SetSubnetsInput,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Action } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";
import { LOAD_BALANCER_ATTRIBUTES, listAttributes, setAttributes } from "./attributes.ts";
import type { Elbv2Context } from "./context.ts";
import { findLoadBalancer } from "./find.ts";
import { invalid, required } from "./input.ts";
import type { LoadBalancerRecord } from "./model.ts";

/** Minimum number of subnets of an ALB, in different zones. */
const MIN_SUBNETS = 2;

/** Actions that change an existing load balancer. */
export function loadBalancerSettingActions(context: Elbv2Context): Record<string, Action> {
  return {
    DescribeLoadBalancerAttributes(input: DescribeLoadBalancerAttributesInput, scope) {
      const record = findLoadBalancer(context.stateOf(scope), input.LoadBalancerArn);
      return { Attributes: listAttributes(record.attributes) };
    },

    ModifyLoadBalancerAttributes(input: ModifyLoadBalancerAttributesInput, scope) {
      const record = findLoadBalancer(context.stateOf(scope), input.LoadBalancerArn);
      setAttributes(record.attributes, LOAD_BALANCER_ATTRIBUTES, input.Attributes);
      applyAttributes(record);
      return { Attributes: listAttributes(record.attributes) };
    },

    SetSecurityGroups(input: SetSecurityGroupsInput, scope) {
      refuseUnknown("elbv2:SetSecurityGroups", input, ["LoadBalancerArn", "SecurityGroups"]);
      const record = findLoadBalancer(context.stateOf(scope), input.LoadBalancerArn);
      record.input = { ...record.input, SecurityGroups: required(input.SecurityGroups, "SecurityGroups") };
      return { SecurityGroupIds: record.input.SecurityGroups };
    },

    SetSubnets(input: SetSubnetsInput, scope) {
      refuseUnknown("elbv2:SetSubnets", input, ["LoadBalancerArn", "Subnets"]);
      const state = context.stateOf(scope);
      const record = findLoadBalancer(state, input.LoadBalancerArn);
      record.input = { ...record.input, Subnets: checkSubnets(input.Subnets) };
      return { AvailabilityZones: zonesOf(state.region, record.input.Subnets!) };
    },
  };
}

/** Applies the attributes to the data plane. */
export function applyAttributes({ attributes, balancer, listeners }: LoadBalancerRecord): void {
  balancer.idleTimeoutMs = Number(attributes.get("idle_timeout.timeout_seconds")) * 1000;
  balancer.dropInvalidHeaders = attributes.get("routing.http.drop_invalid_header_fields.enabled") === "true";
  for (const { listener } of listeners.values()) listener?.applyIdleTimeout();
}

/** Throws a `ValidationError` unless there are at least two subnets. */
export function checkSubnets(subnets: string[] | undefined): string[] {
  const given = required(subnets, "Subnets");
  if (new Set(given).size < MIN_SUBNETS)
    throw invalid("At least two subnets in two different Availability Zones must be specified");
  return given;
}

/** Names the zones in the order of the subnets, because networking is not simulated. */
export function zonesOf(region: string, subnets: string[]): AvailabilityZone[] {
  return subnets.map((SubnetId, index) => ({
    ZoneName: `${region}${String.fromCharCode(97 + index)}`,
    SubnetId,
    LoadBalancerAddresses: [],
  }));
}
