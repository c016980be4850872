import { GetParameterCommand, PutParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { parseVersionMap, type VersionMap } from "@lockstep/edge/version-map";
import { LockstepError } from "../base/lockstep-error.ts";
import { type LedgerStore, waitMs } from "./ledger-store.ts";
import { projectMap, sameContent } from "./project-map.ts";

export interface MapPublisherOptions {
  ssm: Pick<SSMClient, "send">;
  store: Pick<LedgerStore, "read">;
  /** Name of the SSM parameter (`MapParameter` of the platform). */
  parameter: string;
  /** `edge.hostSuffix`. */
  suffix: string;
  /** How often the map is read and written until it is stable. Each attempt costs two calls. Default 20. */
  attempts?: number;
  /** Waits for a number of milliseconds. */
  sleep: (ms: number) => Promise<unknown>;
  /** 0 to 1, for the jitter of the waits. Default `Math.random`. */
  random?: () => number;
}

/**
 * Publishes the version map of the ledger, and returns it.
 *
 * SSM has no compare-and-swap, so a slow writer may replace a new map with an old one. Therefore each writer reads the
 * ledger again after its write, and repeats until map and ledger agree. The last writer repairs the map. If that writer
 * is killed, the janitor's next run repairs it.
 *
 * @throws LockstepError LEDGER_BEHIND if the published map has a higher revision than the ledger
 */
export async function publishMap(options: MapPublisherOptions): Promise<VersionMap> {
  const { ssm, store, parameter, suffix, attempts = 20, random = Math.random } = options;
  for (let attempt = 0; attempt < attempts; attempt++) {
    // The second attempt follows at once, because it usually only confirms the write. More mean other writers; SSM
    // allows 3 puts a second.
    if (attempt > 1) await options.sleep(waitMs(attempt, random()));
    const published = await readMap(options);
    const wanted = projectMap(await store.read(), suffix);
    if (published !== undefined && published.r > wanted.r)
      // The ledger was read after the map, so it can only be older if an old ledger was restored.
      throw new LockstepError(
        "LEDGER_BEHIND",
        `${parameter} has revision ${published.r}, the ledger has ${wanted.r}.`,
      );
    // Equal content is not enough: an edge that read a higher revision in between refuses this one from then on.
    if (published?.r === wanted.r && sameContent(published, wanted)) return published;
    await ssm.send(
      new PutParameterCommand({
        Name: parameter,
        Value: JSON.stringify(wanted),
        Overwrite: true,
        Tier: "Intelligent-Tiering",
      }),
    );
  }
  throw new LockstepError(
    "LEDGER_BUSY",
    `${parameter} was changed by other processes during each of ${attempts} attempts.`,
  );
}

/** When any process last wrote the map. Milliseconds since the epoch; `undefined` if SSM does not report it. */
export async function mapChangedAt({
  ssm,
  parameter,
}: Pick<MapPublisherOptions, "ssm" | "parameter">): Promise<number | undefined> {
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: parameter }));
  return Parameter?.LastModifiedDate?.getTime();
}

/** Reads the map from SSM. `undefined` if it is not a valid map. */
export async function readMap({
  ssm,
  parameter,
}: Pick<MapPublisherOptions, "ssm" | "parameter">): Promise<VersionMap | undefined> {
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: parameter }));
  try {
    return parseVersionMap(Parameter?.Value ?? "");
  } catch {
    return undefined; // damaged; the next writer replaces it
  }
}
