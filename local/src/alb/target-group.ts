import { realTimers, type Timers } from "../timers.ts";
import { DRAINING, type HealthSettings, INITIAL, UNUSED } from "./health.ts";
import { type HealthProbe, startHealthChecks } from "./health-check.ts";
import { Target, targetKey } from "./target.ts";

export interface TargetGroupSettings {
  /** `targetgroup/<name>/<hex>`: the value of the metric dimension `TargetGroup`. */
  dimension: string;
  health: HealthSettings;
  algorithm: "round_robin" | "least_outstanding_requests";
  /** How long requests in flight may continue after their target is deregistered. */
  deregistrationDelayMs: number;
  /** Whether a deregistered target is draining for the whole delay, as on AWS, even without requests in flight. */
  drainForFullDelay: boolean;
}

export interface TargetGroupOptions {
  /** Timers for health checks and draining. Default real time. */
  timers?: Timers;
  /** Performs one health check. Default: over real HTTP. */
  probe?: HealthProbe;
}

/** The targets of a rule. Checks their health, chooses the target of each request, and drains deregistered targets. */
export class TargetGroup {
  settings: TargetGroupSettings;
  readonly #timers: Timers;
  readonly #probe: HealthProbe | undefined;
  readonly #targets = new Map<string, Target>();
  readonly #checks = new Map<Target, { stop(): void }>();
  readonly #drains = new Map<Target, () => void>();
  /** Targets that receive traffic. Computed when a state changes, so that a request only needs an index. */
  #eligible: Target[] = [];
  #next = 0;
  #inUse = false;

  constructor(settings: TargetGroupSettings, options: TargetGroupOptions = {}) {
    this.settings = settings;
    this.#timers = options.timers ?? realTimers;
    this.#probe = options.probe;
  }

  /** Returns all targets, including draining ones. */
  targets(): Target[] {
    return [...this.#targets.values()];
  }

  /** Registers a target. A target that is already registered stays unchanged; a draining one becomes new again. */
  register(ip: string, port: number): void {
    const key = targetKey(ip, port);
    const known = this.#targets.get(key);
    if (known !== undefined && known.health.state !== "draining") return;
    const target = new Target(ip, port);
    this.#targets.set(key, target);
    if (this.#inUse) this.#startChecks(target);
  }

  /** Stops new requests to a target. Those in flight continue until they end or the deregistration delay is over. */
  deregister(ip: string, port: number): void {
    const target = this.#targets.get(targetKey(ip, port));
    if (target === undefined || target.health.state === "draining") return;
    this.#stopChecks(target);
    target.health = DRAINING;
    this.#update();
    if (!this.#inUse) {
      this.#finishDrain(target);
      return;
    }
    this.#drains.set(
      target,
      this.#timers.after(this.settings.deregistrationDelayMs, () => this.#finishDrain(target)),
    );
    if (this.settings.drainForFullDelay) return;
    if (target.inFlight.size === 0) this.#finishDrain(target);
    // Runs later, because the callback of the last response is still cleaning up its connection.
    else target.onIdle = () => setImmediate(() => this.#finishDrain(target));
  }

  /** Starts or stops health checks. The targets of an unused group are `unused`. */
  setInUse(inUse: boolean): void {
    if (inUse === this.#inUse) return;
    this.#inUse = inUse;
    for (const target of this.#targets.values()) {
      if (target.health.state === "draining") continue;
      if (inUse) this.#startChecks(target);
      else this.#stopChecks(target);
    }
    this.#update();
  }

  /** Returns the target of the next request; `undefined` if there is none (503). */
  pick(): Target | undefined {
    const eligible = this.#eligible;
    if (eligible.length <= 1) return eligible[0];
    this.#next = (this.#next + 1) % eligible.length;
    if (this.settings.algorithm === "round_robin") return eligible[this.#next];
    let least = eligible[this.#next]!;
    for (const target of eligible) if (target.inFlight.size < least.inFlight.size) least = target;
    return least;
  }

  async close(): Promise<void> {
    for (const check of this.#checks.values()) check.stop();
    for (const cancel of this.#drains.values()) cancel();
    const targets = new Set([...this.#targets.values(), ...this.#drains.keys()]);
    this.#checks.clear();
    this.#drains.clear();
    this.#targets.clear();
    this.#eligible = [];
    for (const target of targets) target.onIdle = undefined;
    await Promise.all([...targets].map((target) => target.destroy()));
  }

  #startChecks(target: Target): void {
    target.health = INITIAL;
    this.#checks.set(
      target,
      startHealthChecks({
        ip: target.ip,
        port: target.port,
        settings: () => this.settings.health,
        timers: this.#timers,
        probe: this.#probe,
        onHealth: (health) => {
          const changed = health.state !== target.health.state;
          target.health = health;
          if (changed) this.#update();
        },
      }),
    );
  }

  #stopChecks(target: Target): void {
    this.#checks.get(target)?.stop();
    this.#checks.delete(target);
    target.health = UNUSED;
  }

  /**
   * Selects the healthy targets. If no target is healthy, selects the unhealthy ones (fail open). `initial` targets
   * never get traffic.
   */
  #update(): void {
    const of = (state: string) => this.targets().filter((target) => target.health.state === state);
    const healthy = of("healthy");
    this.#eligible = healthy.length > 0 ? healthy : of("unhealthy");
  }

  #finishDrain(target: Target): void {
    this.#drains.get(target)?.();
    this.#drains.delete(target);
    target.onIdle = undefined;
    const key = targetKey(target.ip, target.port);
    // The same address may have been registered again during draining.
    if (this.#targets.get(key) === target) this.#targets.delete(key);
    void target.destroy();
  }
}
