import type { Balancer } from "../alb/balancer.ts";
import type { Listener, ListenerOptions } from "../alb/listener.ts";
import { chooseAction, type Route } from "../alb/routes.ts";
import type { MemoryContainer, MemoryContainers } from "./memory-containers.ts";

export interface BalancerAnswer {
  status: number;
  /** The container that answered; undefined if the load balancer answered itself. */
  container?: MemoryContainer;
}

/** The load balancer without a socket: applies the deployed rules and finds the container of the target. */
export class MemoryListener {
  #routes: Route[] = [];
  #balancer: Balancer | undefined;

  readonly open = async ({ balancer, port }: ListenerOptions): Promise<Listener> => {
    this.#balancer = balancer;
    return {
      port,
      setRoutes: (routes) => {
        this.#routes = routes;
      },
      setListenerPort: () => {},
      applyIdleTimeout: () => {},
      close: async () => {},
    };
  };

  /** @param headers alternating names and values */
  ask(host: string, path: string, headers: string[], containers: MemoryContainers): BalancerAnswer {
    const action = chooseAction(this.#routes, host, path, headers);
    if (action?.type === "fixed-response") return { status: action.status };
    const group = action?.nextGroup();
    const target = group?.pick();
    if (group === undefined || target === undefined) return { status: 503 };
    this.#balancer!.metrics.request(group.settings.dimension);
    const container = containers.at(target.port);
    return container === undefined ? { status: 502 } : { status: 200, container };
  }
}
