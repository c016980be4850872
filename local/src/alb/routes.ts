import type { RequestMatcher } from "./conditions.ts";
import type { TargetGroup } from "./target-group.ts";

/** The action of a matching rule. */
export type RouteAction = FixedResponse | Forward;

export interface FixedResponse {
  type: "fixed-response";
  status: number;
  contentType: string;
  body: Buffer;
}

export interface Forward {
  type: "forward";
  /** Chooses the target group of the next request; `undefined` if every weight is 0. */
  nextGroup: () => TargetGroup | undefined;
}

/** A rule of a listener. Rules are sorted by priority, and the last one, the default, matches everything. */
export interface Route {
  matches: RequestMatcher;
  action: RouteAction;
}

/** Returns the action of the first matching rule. */
export function chooseAction(
  routes: Route[],
  host: string,
  path: string,
  rawHeaders: string[],
): RouteAction | undefined {
  for (const route of routes) if (route.matches(host, path, rawHeaders)) return route.action;
  return undefined;
}

/**
 * Distributes requests over target groups by weight. It steps through the weights with a stride that shares no factor
 * with their sum (7919 is a prime above 5 × 999, the largest sum), so shares are exact and no group gets long runs.
 */
export function weightedGroups(groups: { group: TargetGroup; weight: number }[]): Forward["nextGroup"] {
  const total = groups.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return () => undefined;
  if (groups.length === 1) return () => groups[0]!.group;
  let position = 0;
  return () => {
    position = (position + 7919) % total;
    let rest = position;
    for (const { group, weight } of groups) {
      if (rest < weight) return group;
      rest -= weight;
    }
    return undefined;
  };
}
