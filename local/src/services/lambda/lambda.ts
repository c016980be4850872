/**
 * Lambda: functions on Node, run as processes of this machine, and Lambda@Edge in worker threads.
 *
 * **Gaps** Only Node runtimes, all on this process's version of Node. No aliases, layers, images, VPC, event sources,
 * destinations, function URLs, or provisioned concurrency. `GetFunction` returns no code location. Processes are not
 * frozen between events. The JSON log format is recorded only. No metrics. A version in use by a distribution can be
 * deleted.
 *
 * **By design** A function is Active at once. Its code is in `stateDir/lambda/code/<sha256>`, from where `@aws-sdk/*`
 * resolves as in the runtime. A process handles one event at a time; up to 10 run in parallel, then calls are
 * throttled. `InvokeEdge` (not an AWS action, for CloudFront) runs concurrent events in one worker per version and
 * edge. So more events share module state than on AWS, and there are no START, END and REPORT lines. `AWS_REGION` at an
 * edge depends on the edge's name. Permissions are recorded, but not enforced.
 *
 * **Client quirks** `FunctionError` is always `Unhandled`, as with AWS's Node runtime. Node 24 does not support
 * callback handlers.
 */
import { type Cloud, perRegion, type Scope, type Service } from "../../cloud.ts";
import { createProcesses } from "../../processes/processes.ts";
import { createAsyncEvents, type Run } from "./async-events.ts";
import { createFunctionQueries } from "./function-queries.ts";
import { createSettingActions } from "./function-settings.ts";
import { createFunctionActions, createUpdateActions } from "./functions.ts";
import { createInvoke } from "./invoke.ts";
import { createEdgeRuntime, type InvokeEdgeInput } from "./invoke-edge.ts";
import type { LambdaRegion, VersionRecord } from "./model.ts";
import { MAX_CONCURRENCY, ProcessPool } from "./process-pool.ts";

export interface LambdaOptions {
  /** Milliseconds that an idle process is kept. Default two minutes. */
  idleMs?: number;
  /**
   * Delays before the first and the second retry of an event, in milliseconds. Default one and two minutes, as on AWS.
   */
  retryDelaysMs?: number[];
}

const MINUTE_MS = 60_000;

export function createLambda(cloud: Cloud, options: LambdaOptions = {}): Service {
  const { idleMs = 2 * MINUTE_MS, retryDelaysMs = [MINUTE_MS, 2 * MINUTE_MS] } = options;
  const stateOf = perRegion((): LambdaRegion => new Map());
  const processes = createProcesses();
  const pools = new Map<VersionRecord, ProcessPool>();
  const edges = createEdgeRuntime(cloud, stateOf);

  const run: Run = (record, version, event, requestId, scope: Scope) => {
    const pool = pools.get(version) ?? new ProcessPool(cloud, processes, version, scope, { idleMs });
    pools.set(version, pool);
    const limit = Math.min(MAX_CONCURRENCY, record.reservedConcurrency ?? MAX_CONCURRENCY);
    return pool.handle(event, requestId, limit);
  };
  const retire = async (version: VersionRecord) => {
    const pool = pools.get(version);
    pools.delete(version);
    await Promise.all([pool?.retire(), edges.retire(version)]);
  };
  const events = createAsyncEvents(cloud, run, retryDelaysMs);
  return {
    actions: {
      ...createFunctionActions(cloud, stateOf, retire),
      ...createUpdateActions(cloud, stateOf, retire),
      ...createFunctionQueries(stateOf),
      ...createSettingActions(cloud, stateOf),
      Invoke: createInvoke(stateOf, run, events),
      /** Not an AWS action: runs a function version at an edge, for CloudFront. */
      InvokeEdge: (input: InvokeEdgeInput) => edges.invoke(input),
    },
    async close() {
      const dropped = events.close();
      await Promise.all([...pools.values()].map((pool) => pool.retire()));
      await Promise.all([processes.close(0), edges.close()]);
      await dropped;
    },
  };
}
