import type {
  Action,
  CreateLoadBalancerInput,
  CreateTargetGroupInput,
  RuleCondition,
  Tag,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Balancer } from "../../alb/balancer.ts";
import type { Listener } from "../../alb/listener.ts";
import type { TargetGroup } from "../../alb/target-group.ts";

/**
 * State of one region:
 *
 *     LoadBalancerRecord ─< ListenerRecord ─< RuleRecord ── forward ──> TargetGroupRecord ─< targets
 *          balancer             listener          routes                     group
 *
 * The upper line belongs to the API, the lower one to the data plane that it configures.
 */
export interface RegionState {
  region: string;
  loadBalancers: Map<string, LoadBalancerRecord>;
  targetGroups: Map<string, TargetGroupRecord>;
  /** Tags of any resource, by ARN. */
  tags: Map<string, Tag[]>;
}

export interface LoadBalancerRecord {
  arn: string;
  name: string;
  /**
   * `app/<name>/<hex>`: the value of the dimension `LoadBalancer`, and the middle part of the ARNs of listeners and
   * rules.
   */
  path: string;
  dnsName: string;
  createdAt: Date;
  input: CreateLoadBalancerInput;
  attributes: Map<string, string>;
  listeners: Map<string, ListenerRecord>;
  balancer: Balancer;
}

export interface ListenerRecord {
  arn: string;
  loadBalancer: LoadBalancerRecord;
  /** Port on AWS; `listener.port` is the local one. */
  port: number;
  defaultActions: Action[];
  rules: Map<string, RuleRecord>;
  /** Absent while the port is being opened. */
  listener?: Listener;
}

export interface RuleRecord {
  arn: string;
  listener: ListenerRecord;
  priority: number;
  conditions: RuleCondition[];
  actions: Action[];
}

export interface TargetGroupRecord {
  arn: string;
  name: string;
  /** `targetgroup/<name>/<hex>`: the value of the dimension `TargetGroup`. */
  path: string;
  port: number;
  input: CreateTargetGroupInput;
  attributes: Map<string, string>;
  /** The load balancer whose rules use the target group. */
  loadBalancer?: LoadBalancerRecord;
  group: TargetGroup;
}

export function newRegionState(region: string): RegionState {
  return { region, loadBalancers: new Map(), targetGroups: new Map(), tags: new Map() };
}

export function allListeners(state: RegionState): ListenerRecord[] {
  return [...state.loadBalancers.values()].flatMap(({ listeners }) => [...listeners.values()]);
}

export function allRules(state: RegionState): RuleRecord[] {
  return allListeners(state).flatMap(({ rules }) => [...rules.values()]);
}

/** Returns the rules of a listener in the order of evaluation, without the default rule. */
export function byPriority(listener: ListenerRecord): RuleRecord[] {
  return [...listener.rules.values()].sort((a, b) => a.priority - b.priority);
}
