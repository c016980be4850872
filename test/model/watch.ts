import { brokenInvariant, type Ledger, oldMapsExpireAfterMs, parseLedger } from "@lockstep/infra/rehearsal";
import { readManifest, stackNames } from "./checks.ts";
import type { Call, World } from "./world.ts";

/** After this time, CloudWatch counts a request. */
const COUNTED_MS = 2500;
const KEPT_ANSWERS = 50;

interface VersionMap {
  r: number;
  current: string | null;
  versions: Record<string, unknown>;
}

/**
 * Checks every call that AWS carries out against the invariants of docs/guarantee.md that hold at every moment, and notes
 * violations. checks.ts contains the invariants that hold only between operations.
 */
export class Watch {
  /** One sentence per violation, each with the number of the invariant. */
  readonly violations: string[] = [];
  /** The newest ledger. */
  ledger: Ledger | undefined;
  /** When each version of the newest map entered it. */
  readonly mappedSince = new Map<string, number>();
  /** The current version of each map, with the time of its write. */
  readonly #currents: { id: string | null; at: number }[] = [];
  /** When an older map last replaced the newest one, and when that was repaired. */
  #overwritten = { from: Number.NEGATIVE_INFINITY, until: Number.NEGATIVE_INFINITY };
  readonly #served = new Map<string, number[]>();
  /** Every entry of the history that was ever written, by its revision. */
  readonly history = new Map<number, string>();
  readonly #world: World;
  /** The newest map. */
  #map: VersionMap | undefined;

  constructor(world: World) {
    this.#world = world;
    world.observers.push((call) => this.#see(call));
    world.onProbe = (id) => this.answered(id);
  }

  /** Whether an older map has replaced the newest one and nothing has repaired it yet. */
  get isMapStale(): boolean {
    return this.#overwritten.until === Number.POSITIVE_INFINITY;
  }

  /** Notes that a version answered a request. */
  answered(id: string): void {
    const times = this.#served.get(id) ?? [];
    this.#served.set(id, [...times, this.#world.time.now()].slice(-KEPT_ANSWERS));
  }

  violate(words: string): void {
    this.violations.push(words);
  }

  /**
   * Returns the versions that an edge may take for current: those of the newest map and of the maps that it may have cached.
   * While an older map replaces the newest one (9), and until edges have dropped it, each edge keeps the newest map it has read.
   */
  possibleCurrents(): (string | null)[] {
    const rememberMs = oldMapsExpireAfterMs(this.#world.config);
    const recent = this.#world.time.now() - rememberMs;
    const since = this.#overwritten.until >= recent ? this.#overwritten.from - rememberMs : recent;
    const before = this.#currents.findLast(({ at }) => at <= since);
    return [before?.id ?? null, ...this.#currents.filter(({ at }) => at > since).map(({ id }) => id)];
  }

  async #see({ service, action, input, run }: Call): Promise<void> {
    if (service === "s3" && action === "PutObject" && input.Key === "ledger.json")
      await this.#seeLedger(parseLedger(input.Body, "ledger.json"), run);
    if (service === "ssm" && action === "PutParameter") await this.#seeMap(JSON.parse(input.Value));
    if (action === "UpdateKeys") this.#seePointer(input.Puts ?? []);
    if (service === "ecs" && action === "UpdateService" && input.desiredCount === 0)
      this.#seeEnd(input.service, "its tasks end");
    if (service === "cloudformation" && action === "DeleteStack")
      this.#seeEnd(input.StackName.slice(-23), "its stack is deleted");
  }

  async #seeLedger(ledger: Ledger, run: Call["run"]): Promise<void> {
    const before = this.ledger;
    this.ledger = ledger;
    const broken = brokenInvariant(ledger);
    if (broken !== undefined) this.violate(`9. the ledger is broken: ${broken}`);
    if (before !== undefined && ledger.revision <= before.revision)
      this.violate(`9. revision ${ledger.revision} of the ledger was written over ${before.revision}`);
    for (const entry of ledger.history) {
      const text = JSON.stringify(entry);
      const known = this.history.get(entry.revision);
      if (known !== undefined && known !== text)
        this.violate(`9. the change of revision ${entry.revision} was lost: ${known} became ${text}`);
      if (known === undefined && entry.event === "drain") this.#seeDrain(entry, run);
      this.history.set(entry.revision, text);
    }
    for (const [id, { state, stack }] of Object.entries(ledger.versions)) {
      const retiredNow = state === "retired" && before?.versions[id]?.state !== "retired";
      if (retiredNow && (await this.#stackExists(stack)))
        this.violate(`10. ${id} gave its slot back while its stack exists`);
    }
  }

  /** 8. The janitor may drain a version as idle only after it read its requests, and only if there were none. */
  #seeDrain({ version = "", actor, reason = "" }: Ledger["history"][number], run: Call["run"]): void {
    if (actor !== "janitor" || !/request/.test(reason)) return;
    const readAt = run.succeeded.get("monitoring:GetMetricData");
    if (readAt === undefined) {
      this.violate(`8. ${version} was drained as idle, and its requests were not read: ${reason}`);
      return;
    }
    const idleMs = this.#world.config.protection.idleSeconds * 1000;
    const answers = (this.#served.get(version) ?? []).filter(
      (at) => at > readAt - idleMs && at < readAt - COUNTED_MS,
    );
    if (answers.length > 0)
      this.violate(
        `8. ${version} was drained as idle, and had answered ${(readAt - answers.at(-1)!) / 1000} s before: ${reason}`,
      );
  }

  async #seeMap(map: VersionMap): Promise<void> {
    const now = this.#world.time.now();
    this.#currents.push({ id: map.current, at: now });
    if (map.r < (this.#map?.r ?? 0)) {
      const continues = this.#overwritten.until >= now - oldMapsExpireAfterMs(this.#world.config);
      this.#overwritten = { from: continues ? this.#overwritten.from : now, until: Number.POSITIVE_INFINITY };
      return;
    }
    this.#overwritten.until = Math.min(this.#overwritten.until, now);
    this.#map = map;
    for (const id of this.mappedSince.keys())
      if (!Object.hasOwn(map.versions, id)) this.mappedSince.delete(id);
    for (const id of Object.keys(map.versions)) {
      if (this.mappedSince.has(id)) continue;
      this.mappedSince.set(id, now);
      await this.#checkEntry(id);
    }
  }

  /** 5. A version enters the map only when its targets are healthy and its files are in S3. */
  async #checkEntry(id: string): Promise<void> {
    const targets = await this.#world.healthyTargets(id);
    if (targets === 0) this.violate(`5. ${id} entered the map without a healthy target`);
    const keys = await readManifest(this.#world, id);
    if (keys === undefined) this.violate(`5. ${id} entered the map without a manifest`);
    const missing = (keys ?? []).filter((key) => !this.#world.hasFile(key));
    if (missing.length > 0) this.violate(`5. ${id} entered the map without its files ${missing.join(", ")}`);
  }

  /** 6. The resources of a version are deleted only after the map of every edge has expired. */
  #seeEnd(id: string, what: string): void {
    if (Object.hasOwn(this.#map?.versions ?? {}, id)) this.violate(`6. ${what} while ${id} is in the map`);
    const edges = this.#world.edges.filter((edge) => edge.mayRouteTo(id)).length;
    if (edges > 0) this.violate(`6. ${what} while ${edges} edges may still route to ${id}`);
  }

  /** 5. HTML names a version only when every edge has it in its map. The map is written before the pointer. */
  #seePointer(puts: { Key: string; Value: string }[]): void {
    const current = puts.find(({ Key }) => Key === "current")?.Value;
    if (current === undefined) return;
    const { time, config } = this.#world;
    const knownMs = time.now() - (this.mappedSince.get(current) ?? Number.POSITIVE_INFINITY);
    if (knownMs < config.edge.mapTtlSeconds * 1000)
      this.violate(`5. the pointer names ${current}, which not every edge knows yet`);
    if (this.#world.alone && this.#map?.current !== current)
      this.violate(`5. the pointer names ${current} before the map does`);
  }

  async #stackExists(name: string): Promise<boolean> {
    return (await stackNames(this.#world)).includes(name);
  }
}
