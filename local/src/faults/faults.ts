import { setTimeout as waitMs } from "node:timers/promises";
import type { ServiceName } from "../cloud.ts";
import { compileGlob } from "../glob.ts";
import { faultError } from "./fault-errors.ts";
import { type FaultRule, parseFaultRule, refusal } from "./fault-rule.ts";

export interface FaultsOptions {
  /** Returns all operations as `<service>:<action>`. A rule that matches none of them would never fire. */
  operations: () => readonly string[];
  /** Seed of the random decisions. With the same seed, the same calls fail in the same way. Default random. */
  seed?: number;
  /** Waits a number of milliseconds. Default real time. */
  wait?: (ms: number) => Promise<unknown>;
}

interface ActiveRule extends FaultRule {
  matches: (operation: string) => boolean;
  fired: number;
}

/**
 * Makes clients' calls fail according to rules. Calls between services (CloudFormation creates a resource, ECS
 * registers a target) are not affected.
 */
export class Faults {
  readonly seed: number;
  readonly #options: FaultsOptions;
  readonly #random: () => number;
  #rules: ActiveRule[] = [];

  constructor(options: FaultsOptions) {
    this.#options = options;
    this.seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
    this.#random = seededRandom(this.seed);
  }

  /** Validates rules without activating them. Throws `FaultRuleError`. */
  check(texts: readonly string[]): void {
    this.#read(texts);
  }

  /** Replaces all rules. If it throws `FaultRuleError`, the old rules stay. */
  set(texts: readonly string[]): void {
    this.#rules = this.#read(texts);
  }

  /** Returns the rules in their order, and how often each has fired. */
  list(): { rule: string; fired: number }[] {
    return this.#rules.map(({ text, fired }) => ({ rule: text, fired }));
  }

  /**
   * Calls `act`, with the delay or failure of the first rule that matches the operation and that `rate` and `times` let
   * fire.
   *
   * @throws `AwsError` or `ConnectionCut` of the rule, otherwise the errors of `act`
   */
  async around<Result>(service: ServiceName, action: string, act: () => Promise<Result>): Promise<Result> {
    const rule = this.#rules.length === 0 ? undefined : this.#draw(`${service}:${action}`);
    if (rule === undefined) return act();
    if (rule.delayMs > 0) await (this.#options.wait ?? waitMs)(rule.delayMs);
    if (rule.error === undefined) return act();
    if (rule.when === "after") await act();
    throw faultError(rule.error, service, action);
  }

  #read(texts: readonly string[]): ActiveRule[] {
    const operations = this.#options.operations();
    return texts.map(parseFaultRule).map((rule) => {
      const matches = compileGlob(rule.operation);
      if (!operations.some(matches))
        throw refusal(rule.text, `the local AWS has no operation ${rule.operation}`);
      return { ...rule, matches, fired: 0 };
    });
  }

  #draw(operation: string): ActiveRule | undefined {
    for (const rule of this.#rules) {
      if (rule.fired >= rule.times || !rule.matches(operation)) continue;
      if (rule.rate < 1 && this.#random() >= rule.rate) continue;
      rule.fired++;
      return rule;
    }
    return undefined;
  }
}

/** Returns numbers from 0 to 1 that depend only on the seed (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
