import { applyDecision } from "@lockstep/edge/apply-decision";
import { buildEdge } from "@lockstep/edge/build";
import { decideRoute } from "@lockstep/edge/decide-route";
import type { FunctionRequest, FunctionResponse, Values } from "@lockstep/edge/function-event";
import { MapCache } from "@lockstep/edge/map-cache";
import {
  GONE_TYPE,
  ORIGIN_SECRET_HEADER,
  POINTER_CURRENT,
  STAMP_HEADER,
  VERSION_COOKIE,
  VERSION_HEADER,
} from "@lockstep/edge/names";
import { requestPin } from "@lockstep/edge/request-pin";
import { loadFunction } from "@lockstep/edge/test/load-function";
import { edgeSettings } from "@lockstep/edge/test/settings";
import type { LockstepConfig } from "@lockstep/infra/rehearsal";
import { MAP_PARAMETER, ORIGIN_SECRET, REGION } from "@lockstep/infra/test/create-platform";
import { type Cloud, type MemoryContainers, type MemoryListener, textOf } from "@lockstep/local/in-memory";

const functions = buildEdge(edgeSettings);
const stamp = loadFunction(functions.stamp);
/** Created once: the stack of an error takes longer than the rest of a request. */
const KEY_NOT_FOUND = new Error("KeyNotFound");

export interface PageAnswer {
  status: number;
  /** The version that the HTML names. */
  html?: string;
  /** The version that the cookie names. */
  cookie?: string;
}

export interface ApiAnswer {
  status: number;
  /** The version that answered. */
  served?: string;
  /** 409 with the problem document: this version is gone. */
  gone?: string;
  outcome?: string;
}

export interface EdgeModelOptions {
  cloud: Cloud;
  config: LockstepConfig;
  containers: MemoryContainers;
  listener: MemoryListener;
  /** Reads the pointer as this edge has it: a change of the KeyValueStore takes seconds to reach an edge. */
  readPointer: () => string | undefined;
  random: () => number;
}

/** One edge of CloudFront, with its own map cache. Takes the real decisions, in the order in which a request meets them. */
export class EdgeModel {
  readonly maps: MapCache;
  readonly #options: EdgeModelOptions;
  readonly #pinDocument = loadFunction(functions.pinDocument, (key) => this.#readPointer(key));
  /** An edge keeps HTML, because each version has its own keys, whose objects never change. */
  readonly #pages = new Map<string, { body: string; stamp: string | undefined }>();

  #readAt = Number.NEGATIVE_INFINITY;
  #readVersions: Record<string, unknown> = {};

  constructor(options: EdgeModelOptions) {
    this.#options = options;
    const { cloud, config, random } = options;
    this.maps = new MapCache({
      read: () => this.#readMap(),
      ttlMs: config.edge.mapTtlSeconds * 1000,
      readTimeoutMs: 2000,
      now: cloud.now,
      random,
      log: () => {},
    });
  }

  /** Whether a map from which this edge may still answer has the version. */
  mayRouteTo(id: string): boolean {
    const { cloud, config } = this.#options;
    const fresh = cloud.now() - this.#readAt < config.edge.mapTtlSeconds * 1000;
    return fresh && Object.hasOwn(this.#readVersions, id);
  }

  /** Reads the function's KeyValueStore. */
  async #readPointer(key: string): Promise<string> {
    const current = key === POINTER_CURRENT ? this.#options.readPointer() : undefined;
    if (current === undefined) throw KEY_NOT_FOUND;
    return current;
  }

  /** Returns the answer to a browser that opens the page. */
  async page(): Promise<PageAnswer> {
    const request = functionRequest("/", { "sec-fetch-dest": { value: "document" } });
    const { statusCode } = await this.#pinDocument({ request });
    if (statusCode !== undefined) return { status: statusCode };
    const object = await this.#object(request.uri.slice(1));
    if (object === undefined) return { status: 403 };
    const headers: Values = object.stamp === undefined ? {} : { [STAMP_HEADER]: { value: object.stamp } };
    const response: FunctionResponse = { statusCode: 200, headers };
    await stamp({ request, response });
    const html = /<meta name="lockstep-version" content="([^"]*)">/.exec(object.body)?.[1];
    return { status: 200, html, cookie: response.cookies?.[VERSION_COOKIE]?.value };
  }

  /** Returns the API's answer to a request that names a version by header or cookie, or none. */
  async api(path: string, { header, cookie }: { header?: string; cookie?: string } = {}): Promise<ApiAnswer> {
    const { config, containers, listener } = this.#options;
    const headers = {
      ...(header !== undefined && { [VERSION_HEADER]: [{ key: VERSION_HEADER, value: header }] }),
      ...(cookie !== undefined && { cookie: [{ key: "cookie", value: `${VERSION_COOKIE}=${cookie}` }] }),
    };
    const pin = requestPin(headers, "");
    const known = this.maps.ready(pin?.id) ?? (await this.maps.wait(pin?.id));
    const { whenGone } = config.protection;
    const decision = decideRoute(pin, known, { whenGone, hostSuffix: config.edge.hostSuffix });
    const result = applyDecision({ headers } as Parameters<typeof applyDecision>[0], decision, undefined);
    if ("status" in result) {
      const problem = JSON.parse(result.body ?? "{}");
      return { status: Number(result.status), ...(problem.type === GONE_TYPE && { gone: problem.version }) };
    }
    const { status, container } = listener.ask(
      result.headers.host![0]!.value,
      path,
      [ORIGIN_SECRET_HEADER, ORIGIN_SECRET],
      containers,
    );
    const gone = status === 409 ? { gone: header ?? "" } : {};
    const served = container?.environment.LOCKSTEP_VERSION;
    return { status, served, ...gone, ...(decision.kind === "forward" && { outcome: decision.outcome }) };
  }

  async #readMap(): Promise<string> {
    const { cloud } = this.#options;
    const at = cloud.now();
    const answer = await cloud.call("ssm", "GetParameter", { Name: MAP_PARAMETER }, { region: REGION });
    this.#readVersions = JSON.parse(answer.Parameter.Value).versions ?? {};
    this.#readAt = at;
    return answer.Parameter.Value;
  }

  async #object(key: string) {
    const cached = this.#pages.get(key);
    if (cached !== undefined) return cached;
    const { cloud, config } = this.#options;
    const input = { Bucket: "web", Key: key };
    const found = await cloud.call("s3", "GetObject", input, { region: config.region }).catch((error) => {
      if (error.code !== "NoSuchKey") throw error;
    });
    if (found === undefined) return undefined;
    const object = {
      body: textOf(found.Body),
      stamp: found.Metadata?.["lockstep-version"] as string | undefined,
    };
    this.#pages.set(key, object);
    return object;
  }
}

function functionRequest(uri: string, headers: Values): FunctionRequest {
  return { method: "GET", uri, querystring: {}, headers, cookies: {} };
}
