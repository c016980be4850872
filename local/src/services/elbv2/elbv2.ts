/**
 * Elastic Load Balancing v2: Application Load Balancers with a data plane on real sockets (../../alb/).
 *
 * **Gaps** (refused by name): network and gateway load balancers, HTTPS listeners and certificates, targets of type
 * `instance` and `lambda`, HTTP/2 and gRPC to targets, redirects and authentication, rule transforms, regular
 * expressions, conditions other than host-header, path-pattern and http-header, stickiness, slow start, access logs.
 * Not refused: security groups and subnets are recorded, but not enforced; zones are named in the order of the subnets;
 * a load balancer has no `VpcId`; response trailers are dropped; metrics by zone, `HealthyHostCount` and
 * `UnHealthyHostCount` are not published; the headers of a request with a chunked body reach the target with the first
 * chunk.
 *
 * **By design**: a load balancer is active at once. A target's first health check starts at once and is repeated
 * quickly until it passes, then at the interval. A deregistered target disappears when its last request in flight ends
 * (AWS shows it as draining for the whole delay: `drainForFullDelay`). Targets may have loopback addresses. Counts
 * reach CloudWatch within a second, with the minute in which they were counted.
 *
 * **Client quirks**: deleting a missing load balancer or target group succeeds. `DescribeRules` returns a host or path
 * condition in both forms, a header condition only in `HttpHeaderConfig`.
 */
import { openListener } from "../../alb/listener.ts";
import { type Cloud, perRegion, type Service } from "../../cloud.ts";
import type { Elbv2Context } from "./context.ts";
import { listenerActions, publicName } from "./listeners.ts";
import { loadBalancerSettingActions } from "./load-balancer-settings.ts";
import { loadBalancerActions } from "./load-balancers.ts";
import { LocalPorts } from "./local-ports.ts";
import { allListeners, newRegionState, type RegionState } from "./model.ts";
import { ruleActions } from "./rules.ts";
import { tagActions } from "./tags.ts";
import { targetGroupActions } from "./target-groups.ts";
import { targetActions } from "./targets.ts";

export interface Elbv2Options {
  /**
   * Local ports for the listeners of the first load balancer, in the order of their creation. 0, or a missing entry,
   * selects a free port. Default: free ports only.
   */
  ports?: readonly number[];
  /** Address to listen on. Default `127.0.0.1`. */
  host?: string;
  /**
   * Whether deregistered targets are draining for the whole delay, as on AWS. Default false: they are draining until no
   * request is in flight.
   */
  drainForFullDelay?: boolean;
  /** Factor for the intervals of health checks, which tests shorten (AWS permits at least 5 s). Default 1. */
  healthCheckIntervalScale?: number;
  /** Opens a listener. Default: a real HTTP/1.1 server. */
  openListener?: Elbv2Context["openListener"];
  /** Performs one health check. Default: over real HTTP. */
  probe?: Elbv2Context["probe"];
}

/** An open listener on this machine. */
interface OpenListener {
  dnsName: string;
  /** The listener's port on AWS; `url` has the local one. */
  port: number;
  url: string;
}

export type Elbv2 = Service & { listeners(): OpenListener[] };

/** Creates load balancers for every region. Their listeners are real servers on this machine. */
export function createElbv2(cloud: Cloud, options: Elbv2Options = {}): Elbv2 {
  const states: RegionState[] = [];
  const context: Elbv2Context = {
    cloud,
    host: options.host ?? "127.0.0.1",
    drainForFullDelay: options.drainForFullDelay ?? false,
    healthCheckIntervalScale: options.healthCheckIntervalScale ?? 1,
    openListener: options.openListener ?? openListener,
    probe: options.probe,
    ports: new LocalPorts(options.ports ?? []),
    stateOf: perRegion((region) => {
      const state = newRegionState(region);
      states.push(state);
      return state;
    }),
  };
  return {
    actions: {
      ...loadBalancerActions(context),
      ...loadBalancerSettingActions(context),
      ...listenerActions(context),
      ...ruleActions(context),
      ...targetGroupActions(context),
      ...targetActions(context),
      ...tagActions(context),
    },
    listeners: () =>
      states.flatMap(allListeners).flatMap(({ loadBalancer, port, listener }) => {
        if (listener === undefined) return [];
        return [{ dnsName: loadBalancer.dnsName, port, url: `http://${context.host}:${listener.port}` }];
      }),
    async close() {
      for (const record of states.flatMap(allListeners)) {
        cloud.listenerPorts.delete(publicName(record));
        await record.listener?.close();
      }
      for (const state of states) {
        for (const { group } of state.targetGroups.values()) await group.close();
        for (const { balancer } of state.loadBalancers.values()) await balancer.metrics.close();
      }
    },
  };
}
