import { oldMapsExpireAfterMs } from "@lockstep/infra/rehearsal";
import { readManifest } from "./checks.ts";
import type { Watch } from "./watch.ts";
import type { World } from "./world.ts";

const API_PATH = "/api/health";
const MOST_OPEN_PAGES = 6;
/** Longer than an edge may remember a map, and than the pointer takes to reach it. */
const EVERY_EDGE_KNOWS_MS = 8000;

/**
 * Readers. They open pages, leave them open, and call the API from them, through a random edge. Every answer is compared
 * with the guarantee.
 */
export class Visitors {
  readonly #world: World;
  readonly #watch: Watch;
  readonly #openPages: string[] = [];
  #paused = false;

  constructor(world: World, watch: Watch) {
    this.#world = world;
    this.#watch = watch;
  }

  /** Visits repeatedly while time passes, at this average interval. Without visits, edges keep old maps. */
  comeEvery(ms: number): void {
    this.#world.time.after(ms * (0.5 + this.#world.random()), () => {
      this.comeEvery(ms);
      if (!this.#paused) void this.visit();
    });
  }

  /** Stops or resumes the repeated visits. Without visits, versions become idle. */
  pause(paused: boolean): void {
    this.#paused = paused;
  }

  /** Closes all pages. Then only current is in use. */
  closePages(): void {
    this.#openPages.length = 0;
  }

  /** Opens the page and calls the API from it, from a page that was open before, and without a pin. */
  async visit(): Promise<void> {
    const version = await this.#open();
    if (version !== undefined) await this.#call(version, "a page that was just opened");
    const open = this.#openPages[Math.floor(this.#world.random() * this.#openPages.length)];
    if (open !== undefined) await this.#call(open, "an open page");
    await this.#callWithoutPin();
  }

  async #open(): Promise<string | undefined> {
    const { status, html, cookie } = await this.#someEdge().page();
    if (status !== 200) {
      // After the first promotion the pointer takes a while to reach an edge.
      if (status !== 503 || this.#world.pointerIsEverywhere())
        this.#watch.violate(`1. the page is answered ${status}`);
      return undefined;
    }
    if (html !== cookie) this.#watch.violate(`1. the page is of ${html} and its cookie of ${cookie}`);
    const missing = ((await readManifest(this.#world, html!)) ?? ["manifest"]).filter(
      (key) => !this.#world.hasFile(key),
    );
    if (missing.length > 0) this.#watch.violate(`1. the page of ${html} lacks ${missing.join(", ")}`);
    this.#openPages.push(html!);
    if (this.#openPages.length > MOST_OPEN_PAGES)
      this.#openPages.splice(Math.floor(this.#world.random() * MOST_OPEN_PAGES), 1);
    return html;
  }

  async #call(version: string, who: string): Promise<void> {
    const { status, served, gone } = await this.#someEdge().api(API_PATH, { header: version });
    if (served !== undefined) {
      this.#watch.answered(served);
      if (served !== version) this.#watch.violate(`guarantee. ${who} of ${version} is answered by ${served}`);
      return;
    }
    if (gone !== version) {
      this.#watch.violate(`guarantee. ${who} of ${version} is answered ${status}`);
      return;
    }
    const mapped = this.#watch.mappedSince.get(version);
    const knownMs = this.#world.time.now() - (mapped ?? Number.POSITIVE_INFINITY);
    if (who === "a page that was just opened" && mapped !== undefined && this.#isWanted(version))
      this.#watch.violate(`5. ${who} of ${version} is answered that it is gone`);
    else if (knownMs > oldMapsExpireAfterMs(this.#world.config) && this.#isWanted(version))
      this.#watch.violate(
        `guarantee. ${who} of ${version} is answered that it is gone, and it is in the map`,
      );
  }

  #isWanted(id: string): boolean {
    const { floor, versions } = this.#watch.ledger ?? {};
    const version = versions?.[id];
    return version !== undefined && version.recalledAt === undefined && (floor === undefined || id >= floor);
  }

  async #callWithoutPin(): Promise<void> {
    const { status, served } = await this.#someEdge().api(API_PATH);
    const currents = this.#watch.possibleCurrents();
    if (served !== undefined) {
      this.#watch.answered(served);
      if (!currents.includes(served))
        this.#watch.violate(
          `guarantee. a request without a pin is answered by ${served}, not by ${currents.join(" or ")}`,
        );
    } else if (!currents.includes(null))
      this.#watch.violate(`guarantee. a request without a pin is answered ${status}`);
  }

  #someEdge() {
    const { edges } = this.#world;
    return edges[Math.floor(this.#world.random() * edges.length)]!;
  }
}

/** Visits every edge, now and after every edge must have the newest map and pointer. */
export async function letReadersCome(world: World, visitors: Visitors): Promise<void> {
  for (let count = 0; count < world.edges.length * 2; count++) await visitors.visit();
  await world.time.pass(EVERY_EDGE_KNOWS_MS);
  for (let count = 0; count < world.edges.length * 2; count++) await visitors.visit();
}
