import { defineConfig, type LockstepConfig, type PlatformOutputs } from "@lockstep/infra/rehearsal";
import { APP, createPlatform, REGION } from "@lockstep/infra/test/create-platform";
import {
  type Cloud,
  cloudInMemory,
  type MemoryContainers,
  type MemoryListener,
  type ServiceName,
  VirtualTime,
} from "@lockstep/local/in-memory";
import { EdgeModel } from "./edge-model.ts";

const STARTS_AT = Date.UTC(2026, 10, 22, 10);
/** How long a change of the pointer takes to reach each edge. */
const POINTER_LAG_MS = [0, 800, 3000];
const MAX_LATENCY_MS = 40;

export interface Call {
  service: ServiceName;
  action: string;
  input: any;
  run: Caller;
}

/** The process that makes a call. */
export interface Caller {
  /** Operations that AWS answered, as `<service>:<action>`, with the time of their last answer. */
  readonly succeeded: ReadonlyMap<string, number>;
}

/** Called after every call of a process that AWS carried out. */
export type Observer = (call: Call) => void | Promise<void>;

/** An app on the local AWS in memory, with the edges that serve it. */
export class World {
  readonly time = new VirtualTime(STARTS_AT);
  readonly app = APP;
  readonly config: LockstepConfig;
  readonly cloud: Cloud;
  readonly containers: MemoryContainers;
  readonly listener: MemoryListener;
  outputs!: PlatformOutputs;
  edges: EdgeModel[] = [];
  readonly observers: Observer[] = [];
  /** Processes that were started so far. The last one has this number as its id. */
  processes = 0;
  /** Keys of the web bucket. */
  readonly #files = new Set<string>();
  readonly #living = new Set<number>();
  readonly #random: () => number;
  #pointer: { at: number; current: string | undefined }[] = [];

  private constructor(seed: number, protection: object) {
    this.#random = seededRandom(seed);
    this.config = testConfig(protection);
    const { cloud, containers, listener } = cloudInMemory(this.time);
    this.cloud = cloud;
    this.containers = containers;
    this.listener = listener;
  }

  /** @param seed of latencies, jitter and readers */
  static async open(seed: number, protection: object = {}): Promise<World> {
    const world = new World(seed, protection);
    world.outputs = await world.time.until(() => createPlatform(world.cloud));
    const { cloud, config, containers, listener } = world;
    world.edges = POINTER_LAG_MS.map(
      (lagMs) =>
        new EdgeModel({
          cloud,
          config,
          containers,
          listener,
          random: world.#random,
          readPointer: () => world.#pointerAt(world.time.now() - lagMs),
        }),
    );
    return world;
  }

  /** Starts a process and returns its id. */
  startProcess(): number {
    const pid = ++this.processes;
    this.#living.add(pid);
    return pid;
  }

  endProcess(pid: number): void {
    this.#living.delete(pid);
  }

  readonly isAlive = (pid: number): boolean => this.#living.has(pid);

  /** Whether only one process runs at a time. The test that starts them sets it. */
  alone = true;
  /** Faults that a call met. */
  faultsMet = 0;

  latencyMs(): number {
    return 1 + Math.floor(this.#random() * MAX_LATENCY_MS);
  }

  readonly random = (): number => this.#random();

  /** Called with every version that answers a probe. */
  onProbe: (id: string) => void = () => {};

  /** Sends a call of a process to AWS, then calls the observers. */
  async observe(call: Call, send: () => Promise<any>): Promise<any> {
    const result = await send();
    if (call.action === "UpdateKeys") await this.#notePointer();
    if (call.service === "s3" && call.input.Bucket === this.outputs.webBucket) this.#noteFiles(call);
    for (const observer of this.observers) await observer(call);
    return result;
  }

  async answerFetch(path: string, headers: Headers): Promise<Response> {
    const [edge] = this.edges;
    const respond = (status: number, body: string, more: Record<string, string>) =>
      new Response(body || null, { status, headers: more });
    if (path === "/") {
      const { status, html, cookie } = await edge!.page();
      const more: Record<string, string> =
        cookie === undefined ? {} : { "set-cookie": `__Host-lockstep=${cookie}; Path=/` };
      return respond(status, `<meta name="lockstep-version" content="${html}">`, more);
    }
    const { status, served } = await edge!.api(path, {
      header: headers.get("x-lockstep-version") ?? undefined,
    });
    if (served !== undefined) this.onProbe(served);
    return respond(status, "", served === undefined ? {} : { "x-lockstep-served": served });
  }

  hasFile(key: string): boolean {
    return this.#files.has(key);
  }

  async healthyTargets(id: string): Promise<number> {
    const { TargetGroups } = await this.call("elbv2", "DescribeTargetGroups", {});
    const group = TargetGroups.find(({ TargetGroupName: name }: { TargetGroupName: string }) =>
      name.endsWith(id),
    );
    if (group === undefined) return 0;
    const { TargetGroupArn } = group;
    const { TargetHealthDescriptions } = await this.call("elbv2", "DescribeTargetHealth", { TargetGroupArn });
    return TargetHealthDescriptions.filter((each: any) => each.TargetHealth.State === "healthy").length;
  }

  call<Output = any>(service: ServiceName, action: string, input: object): Promise<Output> {
    return this.cloud.call(service, action, input, { region: REGION });
  }

  async close(): Promise<void> {
    await this.time.until(() => this.cloud.close());
  }

  #noteFiles({ action, input }: Call): void {
    if (action === "PutObject") this.#files.add(input.Key);
    if (action === "DeleteObject") this.#files.delete(input.Key);
    if (action === "DeleteObjects") for (const { Key } of input.Delete.Objects) this.#files.delete(Key);
  }

  async #notePointer(): Promise<void> {
    const { keyValueStoreArn: KvsARN } = this.outputs;
    const { Items } = await this.call("cloudfront-keyvaluestore", "ListKeys", { KvsARN });
    const current = Items.find(({ Key }: { Key: string }) => Key === "current")?.Value;
    this.#pointer.push({ at: this.time.now(), current });
  }

  /** Whether every edge has the pointer by now. */
  pointerIsEverywhere(): boolean {
    return this.#pointerAt(this.time.now() - Math.max(...POINTER_LAG_MS)) !== undefined;
  }

  #pointerAt(moment: number): string | undefined {
    return this.#pointer.findLast(({ at }) => at <= moment)?.current;
  }
}

const configs = new Map<string, LockstepConfig>();

/** Creates each configuration once: thousands of worlds share it. */
function testConfig(protection: object): LockstepConfig {
  const key = JSON.stringify(protection);
  const config = configs.get(key) ?? makeConfig(protection);
  configs.set(key, config);
  return config;
}

function makeConfig(protection: object): LockstepConfig {
  return defineConfig({
    app: APP,
    region: REGION,
    web: { folder: "web", build: "true", output: "dist" },
    api: {
      folder: "api",
      build: "true",
      output: "dist",
      image: { kind: "docker", dockerfile: "Dockerfile" },
    },
    protection: {
      windowSeconds: "24h",
      graceSeconds: "1h",
      idleSeconds: "30m",
      maxVersions: 6,
      ...protection,
    },
    edge: { mapTtlSeconds: "5s", publicUrl: "https://shop.example" },
  });
}

/** Returns a generator of numbers from 0 to 1 (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
