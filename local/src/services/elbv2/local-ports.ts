import type { LoadBalancerRecord } from "./model.ts";

/**
 * Assigns local ports to listeners. The listeners of the first load balancer get the wanted ports, in order. All other
 * listeners get free ports.
 */
export class LocalPorts {
  readonly #wanted: readonly number[];
  #first: LoadBalancerRecord | undefined;
  readonly #taken = new Map<string, number>();

  constructor(wanted: readonly number[]) {
    this.#wanted = wanted;
  }

  /**
   * Returns the port for a listener, or 0, which selects a free port. The listener keeps a wanted port until it is
   * released.
   */
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

  /** Forgets a deleted load balancer. If it was the first one, the next one that opens a listener takes its place. */
  forget(loadBalancer: LoadBalancerRecord): void {
    if (this.#first === loadBalancer) this.#first = undefined;
  }
}
