import { isDeepStrictEqual } from "node:util";
import type {
  CreateLoadBalancerInput,
  DeleteLoadBalancerInput,
  DescribeLoadBalancersInput,
  LoadBalancer,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Balancer } from "../../alb/balancer.ts";
import { ALB_NAMESPACE, BalancerMetrics } from "../../alb/metrics.ts";
import { AwsError } from "../../aws-error.ts";
import { type Action, type Cloud, found } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";
import { elbArn, newHex } from "./arns.ts";
import { defaultAttributes, LOAD_BALANCER_ATTRIBUTES } from "./attributes.ts";
import { applyRules, type Elbv2Context } from "./context.ts";
import { findLoadBalancer } from "./find.ts";
import { invalid, oneOf, page, required, validName } from "./input.ts";
import { closeListener } from "./listeners.ts";
import { applyAttributes, checkSubnets, zonesOf } from "./load-balancer-settings.ts";
import type { LoadBalancerRecord, RegionState } from "./model.ts";

export function loadBalancerActions(context: Elbv2Context): Record<string, Action> {
  return {
    CreateLoadBalancer(input: CreateLoadBalancerInput, scope) {
      const state = context.stateOf(scope);
      const name = checkLoadBalancer(input);
      const { Tags, ...settings } = input;
      const known = [...state.loadBalancers.values()].find((record) => record.name === name);
      if (known !== undefined) {
        if (isDeepStrictEqual(known.input, settings)) return { LoadBalancers: [describe(state, known)] };
        throw new AwsError(
          "DuplicateLoadBalancerName",
          `A load balancer with the same name '${name}' exists, but with different settings`,
        );
      }
      const record = newLoadBalancer(context.cloud, state, name, settings);
      state.loadBalancers.set(record.arn, record);
      state.tags.set(record.arn, Tags ?? []);
      return { LoadBalancers: [describe(state, record)] };
    },

    DescribeLoadBalancers(input: DescribeLoadBalancersInput, scope) {
      const state = context.stateOf(scope);
      const { items, ...next } = page(select(state, input), input);
      return { LoadBalancers: items.map((record) => describe(state, record)), ...next };
    },

    async DeleteLoadBalancer(input: DeleteLoadBalancerInput, scope) {
      const state = context.stateOf(scope);
      // As on AWS, deleting a missing load balancer succeeds.
      const record = state.loadBalancers.get(required(input.LoadBalancerArn, "LoadBalancerArn"));
      if (record === undefined) return {};
      if (record.attributes.get("deletion_protection.enabled") === "true") {
        throw new AwsError(
          "OperationNotPermitted",
          `Load balancer '${record.arn}' cannot be deleted because deletion protection is enabled`,
        );
      }
      state.loadBalancers.delete(record.arn);
      state.tags.delete(record.arn);
      const listeners = [...record.listeners.values()];
      applyRules(state);
      await Promise.all(listeners.map((listener) => closeListener(context, state, listener)));
      context.ports.forget(record);
      await record.balancer.metrics.close();
      return {};
    },
  };
}

function checkLoadBalancer(input: CreateLoadBalancerInput): string {
  refuseUnknown("elbv2:CreateLoadBalancer", input, [
    ...["Name", "Subnets", "SecurityGroups", "Scheme", "Tags", "Type", "IpAddressType"],
  ]);
  oneOf(input.Type, "Type", ["application"], "application");
  oneOf(input.IpAddressType, "IpAddressType", ["ipv4"], "ipv4");
  oneOf(input.Scheme, "Scheme", ["internet-facing", "internal"], "internet-facing");
  const name = validName(input.Name, "load balancer");
  if (name.startsWith("internal-")) throw invalid("The load balancer name must not begin with 'internal-'");
  checkSubnets(input.Subnets);
  return name;
}

function newLoadBalancer(
  cloud: Cloud,
  state: RegionState,
  name: string,
  input: CreateLoadBalancerInput,
): LoadBalancerRecord {
  const hex = newHex();
  const path = `app/${name}/${hex}`;
  const prefix = input.Scheme === "internal" ? "internal-" : "";
  const record: LoadBalancerRecord = {
    arn: elbArn(state.region, `loadbalancer/${path}`),
    name,
    path,
    dnsName: `${prefix}${name}-${Number.parseInt(hex.slice(0, 8), 16)}.${state.region}.elb.amazonaws.com`,
    createdAt: new Date(cloud.now()),
    input,
    attributes: defaultAttributes(LOAD_BALANCER_ATTRIBUTES),
    listeners: new Map(),
    balancer: newBalancer(cloud, state.region, path),
  };
  applyAttributes(record);
  return record;
}

function newBalancer(cloud: Cloud, region: string, path: string): Balancer {
  const metrics = new BalancerMetrics({
    loadBalancer: path,
    now: cloud.now,
    timers: cloud.timers,
    async publish(MetricData) {
      try {
        await cloud.call("monitoring", "PutMetricData", { Namespace: ALB_NAMESPACE, MetricData }, { region });
      } catch (error) {
        cloud.log(`alb ${path}: metrics were not published: ${(error as Error).message}`);
      }
    },
  });
  return { metrics, idleTimeoutMs: 0, dropInvalidHeaders: false };
}

function select(state: RegionState, input: DescribeLoadBalancersInput): LoadBalancerRecord[] {
  const all = [...state.loadBalancers.values()];
  if (input.LoadBalancerArns?.length)
    return input.LoadBalancerArns.map((arn) => findLoadBalancer(state, arn));
  if (!input.Names?.length) return all;
  return input.Names.map((name) =>
    found(
      all.find((record) => record.name === name),
      "LoadBalancerNotFound",
      `Load balancers '[${name}]' not found`,
    ),
  );
}

function describe(state: RegionState, record: LoadBalancerRecord): LoadBalancer {
  const { input } = record;
  return {
    LoadBalancerArn: record.arn,
    DNSName: record.dnsName,
    CanonicalHostedZoneId: "Z32O12XQLNTSW2",
    CreatedTime: record.createdAt,
    LoadBalancerName: record.name,
    Scheme: input.Scheme ?? "internet-facing",
    State: { Code: "active" },
    Type: "application",
    AvailabilityZones: zonesOf(state.region, input.Subnets!),
    SecurityGroups: input.SecurityGroups ?? [],
    IpAddressType: "ipv4",
  };
}
