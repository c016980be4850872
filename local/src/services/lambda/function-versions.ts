import { randomUUID } from "node:crypto";
import type { CreateFunctionRequest, FunctionConfiguration } from "@aws-sdk/client-lambda";
import type { Scope } from "../../cloud.ts";
import type { UnpackedCode } from "./code.ts";
import { type FunctionRecord, functionArn, LATEST, type VersionRecord } from "./model.ts";

/** Creates a function with Lambda's defaults for omitted members. */
export function newFunction(
  input: CreateFunctionRequest,
  code: UnpackedCode,
  scope: Scope,
  nowMs: number,
): FunctionRecord {
  const { Code: _code, Publish: _publish, Tags, ...members } = input;
  const name = input.FunctionName!;
  const configuration: VersionRecord["configuration"] = {
    Description: "",
    Timeout: 3,
    MemorySize: 128,
    Architectures: ["x86_64"],
    EphemeralStorage: { Size: 512 },
    TracingConfig: { Mode: "PassThrough" },
    ...(members as FunctionConfiguration),
    ...codeMembers(code),
    FunctionName: name,
    FunctionArn: functionArn(scope, name),
    Runtime: input.Runtime!,
    Handler: input.Handler!,
    PackageType: "Zip",
    LoggingConfig: { LogFormat: "Text", LogGroup: `/aws/lambda/${name}`, ...input.LoggingConfig },
    SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
    Version: LATEST,
    State: "Active",
    LastUpdateStatus: "Successful",
    LastModified: new Date(nowMs).toISOString(),
    RevisionId: randomUUID(),
  } as VersionRecord["configuration"];
  return {
    name,
    latest: { version: LATEST, configuration, folder: code.folder },
    versions: new Map(),
    lastNumber: 0,
    tags: Tags ?? {},
    reservedConcurrency: undefined,
    policies: new Map(),
    eventConfigs: new Map(),
  };
}

export function codeMembers(code: UnpackedCode) {
  return { CodeSha256: code.sha256, CodeSize: code.sizeBytes };
}

/** Returns a copy of `$LATEST` with changed members. Versions are never changed in place. */
export function changed(
  { version, configuration, folder }: VersionRecord,
  members: FunctionConfiguration,
  nowMs: number,
  newFolder = folder,
): VersionRecord {
  const given = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
  const stamps = { LastModified: new Date(nowMs).toISOString(), RevisionId: randomUUID() };
  return { version, configuration: { ...configuration, ...given, ...stamps }, folder: newFolder };
}

/** Publishes `$LATEST` under the next number. Returns the last version if `$LATEST` has not changed since. */
export function publish(record: FunctionRecord, description: string | undefined): VersionRecord {
  const { latest } = record;
  const last = record.versions.get(String(record.lastNumber));
  if (last !== undefined && fingerprint(last) === fingerprint(latest)) return last;
  const number = String(++record.lastNumber);
  const configuration = {
    ...latest.configuration,
    Version: number,
    FunctionArn: `${latest.configuration.FunctionArn}:${number}`,
    Description: description ?? latest.configuration.Description,
    RevisionId: randomUUID(),
  };
  const published = { version: number, configuration, folder: latest.folder };
  record.versions.set(number, published);
  return published;
}

/** Returns the members in which versions can differ. */
function fingerprint({ configuration }: VersionRecord): string {
  const {
    Version: _v,
    FunctionArn: _a,
    Description: _d,
    RevisionId: _r,
    LastModified: _m,
    ...rest
  } = configuration;
  return JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
}
