import { compileConditions } from "../../alb/conditions.ts";
import type { HealthProbe } from "../../alb/health-check.ts";
import type { openListener } from "../../alb/listener.ts";
import type { Route } from "../../alb/routes.ts";
import type { Cloud, Scope } from "../../cloud.ts";
import { toCondition } from "./conditions.ts";
import type { LocalPorts } from "./local-ports.ts";
import { allListeners, byPriority, type ListenerRecord, type RegionState } from "./model.ts";
import { groupArnsOf, toRouteAction } from "./rule-actions.ts";

/** State and options that the actions of this service share. */
export interface Elbv2Context {
  cloud: Cloud;
  /** Address of this machine on which listeners open their ports. */
  host: string;
  drainForFullDelay: boolean;
  healthCheckIntervalScale: number;
  openListener: typeof openListener;
  /** Performs one health check. Default: over real HTTP. */
  probe?: HealthProbe;
  ports: LocalPorts;
  stateOf: (scope: Scope) => RegionState;
}

/** Applies changed rules or listeners to the data plane, and records which target groups are in use. */
export function applyRules(state: RegionState): void {
  for (const record of state.targetGroups.values()) record.loadBalancer = undefined;
  for (const listener of allListeners(state)) {
    listener.listener?.setRoutes(routesOf(state, listener));
    for (const { actions } of actionsOf(listener)) {
      for (const arn of groupArnsOf(actions))
        state.targetGroups.get(arn)!.loadBalancer = listener.loadBalancer;
    }
  }
  for (const { group, loadBalancer } of state.targetGroups.values())
    group.setInUse(loadBalancer !== undefined);
}

function routesOf(state: RegionState, listener: ListenerRecord): Route[] {
  const rules = byPriority(listener).map((rule) => ({
    matches: compileConditions(rule.conditions.map(toCondition)),
    action: toRouteAction(state, rule.actions),
  }));
  return [...rules, { matches: () => true, action: toRouteAction(state, listener.defaultActions) }];
}

function actionsOf(listener: ListenerRecord) {
  return [{ actions: listener.defaultActions }, ...listener.rules.values()];
}
