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
  /** Rounds until the map stands still; each one costs two calls. Default 20. */
  attempts?: number;
  /** Waits so many milliseconds between two rounds that were lost. */
  sleep: (ms: number) => Promise<unknown>;
  /** 0 to 1, for the jitter of the waits. Default `Math.random`. */
  random?: () => number;
}

/**
 * Makes the version map say what the ledger says, and returns it.
 *
 * SSM has no compare-and-swap, so a writer that slept may put an old map over a new one. Therefore everyone who has
 * written reads the ledger again and goes on until map and ledger agree: the last one awake always repairs it, and the
 * janitor does at its next run when that one was killed.
 *
 * @throws LockstepError LEDGER_BEHIND when the map comes from a later ledger than the one that is there
 */
export async function publishMap(options: MapPublisherOptions): Promise<VersionMap> {
  const { ssm, store, parameter, suffix, attempts = 20, random = Math.random } = options;
  for (let attempt = 0; attempt < attempts; attempt++) {
    // The second look follows at once: it confirms the write. Later ones met other writers; SSM takes three puts a second.
    if (attempt > 1) await options.sleep(waitMs(attempt, random()));
    const published = await readMap(options);
    const wanted = projectMap(await store.read(), suffix);
    if (published !== undefined && published.r > wanted.r)
      // The ledger was read after the map: it is never older, unless somebody restored an old one.
      throw new LockstepError(
        "LEDGER_BEHIND",
        `${parameter} has revision ${published.r}, the ledger has ${wanted.r}.`,
      );
    // Equal content is not enough: an edge that read a later revision in between refuses this one for as long as it lives.
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
  throw new LockstepError("LEDGER_BUSY", `${parameter} changed under each of ${attempts} tries.`);
}

/** When the map was written last, whoever did it, in milliseconds since the epoch; `undefined` when SSM does not say. */
export async function mapChangedAt({
  ssm,
  parameter,
}: Pick<MapPublisherOptions, "ssm" | "parameter">): Promise<number | undefined> {
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: parameter }));
  return Parameter?.LastModifiedDate?.getTime();
}

/** The map in SSM; `undefined` when there is none that can be read (then it is written anew). */
export async function readMap({
  ssm,
  parameter,
}: Pick<MapPublisherOptions, "ssm" | "parameter">): Promise<VersionMap | undefined> {
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: parameter }));
  try {
    return parseVersionMap(Parameter?.Value ?? "");
  } catch {
    return undefined; // as the platform made it, or damaged: the ledger is the truth
  }
}
