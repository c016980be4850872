import type { LoadBalancerRecord } from "./model.ts";

/** Gives local ports to listeners: the wanted ones, in order, to those of the first load balancer; free ones to others. */
export class LocalPorts {
  readonly #wanted: readonly number[];
  #first: LoadBalancerRecord | undefined;
  readonly #taken = new Map<string, number>();

  constructor(wanted: readonly number[]) {
    this.#wanted = wanted;
  }

  /** The index of the wanted port stays with the listener until it is released. 0: any free port. */
  take(loadBalancer: LoadBalancerRecord, listenerArn: string): number {
    this.#first ??= loadBalancer;
    if (this.#first !== loadBalancer) return 0;
    const indices = new Set(this.#taken.values());
    const index = this.#wanted.findIndex((_port, candidate) => !indices.has(candidate));
    if (index === -1) return 0;
    this.#taken.set(listenerArn, index);
    return this.#wanted[index]!;
  }

  release(listenerArn: string): void {
    this.#taken.delete(listenerArn);
  }

  /** The next load balancer that opens a listener is the first one then. */
  forget(loadBalancer: LoadBalancerRecord): void {
    if (this.#first === loadBalancer) this.#first = undefined;
  }
}
