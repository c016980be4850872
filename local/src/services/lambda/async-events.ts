import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { AwsError } from "../../aws-error.ts";
import type { Cloud, Scope } from "../../cloud.ts";
import type { Outcome } from "./function-process.ts";
import { type FunctionRecord, LATEST, type VersionRecord } from "./model.ts";

/** Runs one event on a version. Throws TooManyRequestsException. */
export type Run = (
  record: FunctionRecord,
  version: VersionRecord,
  event: string,
  requestId: string,
  scope: Scope,
) => Promise<Outcome>;

/** Runs asynchronous events, retries failed ones, and finally discards them. */
export interface AsyncEvents {
  add(record: FunctionRecord, version: VersionRecord, event: string, scope: Scope): void;
  /** Drops events that wait for a retry. */
  close(): Promise<void>;
}

/** Retries and maximum age of an event without EventInvokeConfig (Lambda developer guide). */
const DEFAULT_RETRIES = 2;
const DEFAULT_AGE_SECONDS = 6 * 60 * 60;
/** Delay before a throttled event runs again. Throttling does not count as an attempt. */
const THROTTLED_MS = 1000;

/**
 * @param retryDelaysMs delays before the first retry, the second and so on; the last one also applies to all later
 * retries
 */
export function createAsyncEvents(cloud: Cloud, run: Run, retryDelaysMs: number[]): AsyncEvents {
  const closing = new AbortController();
  const running = new Set<Promise<void>>();
  const { signal } = closing;

  async function deliver(record: FunctionRecord, version: VersionRecord, event: string, scope: Scope) {
    const config = record.eventConfigs.get(version.version) ?? record.eventConfigs.get(LATEST);
    const retries = config?.MaximumRetryAttempts ?? DEFAULT_RETRIES;
    const ageMs = (config?.MaximumEventAgeInSeconds ?? DEFAULT_AGE_SECONDS) * 1000;
    const requestId = randomUUID();
    const begun = cloud.now();
    let failure = "";
    for (let tries = 0; tries <= retries && cloud.now() - begun <= ageMs && !signal.aborted; ) {
      const current = version.version === LATEST ? record.latest : version;
      const outcome = await run(record, current, event, requestId, scope).catch(throttled);
      if (outcome === undefined) {
        await pause(THROTTLED_MS);
        continue;
      }
      if (!outcome.failed) return;
      failure = outcome.payload;
      tries++;
      if (tries <= retries) await pause(retryDelaysMs[tries - 1] ?? retryDelaysMs.at(-1) ?? 0);
    }
    if (!signal.aborted) await giveUp(record, version, event, failure, scope);
  }

  async function pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal }).catch(() => {});
  }

  async function giveUp(
    record: FunctionRecord,
    version: VersionRecord,
    event: string,
    failure: string,
    scope: Scope,
  ): Promise<void> {
    cloud.log(`${record.name} discarded an event: ${failure}`);
    const queueArn = version.configuration.DeadLetterConfig?.TargetArn;
    if (queueArn === undefined) return;
    const [, , , region, account, name] = queueArn.split(":");
    const input = { QueueUrl: `https://sqs.${region}.amazonaws.com/${account}/${name}`, MessageBody: event };
    await cloud.call("sqs", "SendMessage", input, scope);
  }

  return {
    add(record, version, event, scope) {
      const one = deliver(record, version, event, scope).catch((error: Error) =>
        cloud.log(`Could not deliver an event of ${record.name}: ${error.message}`),
      );
      running.add(one);
      void one.then(() => running.delete(one));
    },
    async close() {
      closing.abort();
      await Promise.all(running);
    },
  };
}

function throttled(error: unknown): undefined {
  if (error instanceof AwsError && error.code === "TooManyRequestsException") return undefined;
  throw error;
}
