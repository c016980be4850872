import { createHash, randomUUID } from "node:crypto";
import { AwsError } from "../../aws-error.ts";
import type { Cloud, Scope } from "../../cloud.ts";
import { EdgeFailure, EdgeWorker } from "./edge-worker.ts";
import { getVersion, type LambdaRegion, parseFunctionName, type VersionRecord } from "./model.ts";

export interface InvokeEdgeInput {
  /** ARN with a version number, which edges require. */
  FunctionArn: string;
  /** Name of the edge. Each edge has its own module state. */
  Edge: string;
  /** CloudFront's event. */
  Event: unknown;
}

/** The region of Lambda@Edge functions. */
const EDGE_HOME: Scope = { region: "us-east-1" };
/** Regions of replicas, chosen by a hash of the edge's name. As on AWS, a replica rarely runs in the app's region. */
const REPLICA_REGIONS = ["us-east-1", "eu-central-1", "ap-northeast-1", "us-west-2", "sa-east-1"];

export interface EdgeRuntime {
  /** Returns the handler's result. Rejects with AwsError `LambdaFailed` when the function fails or times out. */
  invoke(input: InvokeEdgeInput): Promise<unknown>;
  /** Ends the workers of a version. */
  retire(version: VersionRecord): Promise<void>;
  close(): Promise<void>;
}

/** Runs functions of us-east-1 at CloudFront's edges, with one worker per version and edge. */
export function createEdgeRuntime(cloud: Cloud, stateOf: (scope: Scope) => LambdaRegion): EdgeRuntime {
  const workers = new Map<VersionRecord, Map<string, EdgeWorker>>();

  function workerOf(record: VersionRecord, edge: string): EdgeWorker {
    const ofVersion = workers.get(record) ?? new Map<string, EdgeWorker>();
    workers.set(record, ofVersion);
    const present = ofVersion.get(edge);
    if (present?.usable) return present;
    const worker = new EdgeWorker(cloud, record, replicaRegion(edge));
    ofVersion.set(edge, worker);
    return worker;
  }

  const end = async (ofVersion: Map<string, EdgeWorker> | undefined) => {
    await Promise.all([...(ofVersion?.values() ?? [])].map((worker) => worker.end()));
  };

  return {
    async invoke({ FunctionArn, Edge, Event }) {
      const record = findVersion(stateOf(EDGE_HOME), FunctionArn);
      try {
        return JSON.parse(await workerOf(record, Edge).handle(JSON.stringify(Event), randomUUID()));
      } catch (error) {
        if (!(error instanceof EdgeFailure)) throw error;
        throw new AwsError("LambdaFailed", error.message, 503);
      }
    },
    async retire(version) {
      const ofVersion = workers.get(version);
      workers.delete(version);
      await end(ofVersion);
    },
    async close() {
      await Promise.all([...workers.values()].map(end));
      workers.clear();
    },
  };
}

function findVersion(state: LambdaRegion, arn: string): VersionRecord {
  const { region, qualifier } = parseFunctionName(arn);
  if (region !== EDGE_HOME.region || qualifier === undefined || !/^\d+$/.test(qualifier))
    throw new AwsError(
      "InvalidLambdaFunctionAssociation",
      `${arn} is not a numbered version of a function in ${EDGE_HOME.region}.`,
    );
  const record = getVersion(state, arn, undefined, EDGE_HOME);
  if (Object.keys(record.configuration.Environment?.Variables ?? {}).length > 0)
    throw new AwsError(
      "InvalidLambdaFunctionAssociation",
      `The function cannot have environment variables. Function: ${arn}`,
    );
  return record;
}

function replicaRegion(edge: string): string {
  const chance = createHash("sha256").update(edge).digest()[0]!;
  return REPLICA_REGIONS[chance % REPLICA_REGIONS.length]!;
}
