import { randomUUID } from "node:crypto";
import type {
  CreateFunctionRequest,
  DeleteFunctionRequest,
  FunctionConfiguration,
  GetFunctionRequest,
  ListFunctionsRequest,
  ListVersionsByFunctionRequest,
  PublishVersionRequest,
  UpdateFunctionCodeRequest,
  UpdateFunctionConfigurationRequest,
} from "@aws-sdk/client-lambda";
import { AwsError } from "../../aws-error.ts";
import type { Action, Cloud, Scope } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";
import { pageOf } from "../paging.ts";
import { type UnpackedCode, unpackCode } from "./code.ts";
import { checkCreateFunction, checkUpdateConfiguration } from "./function-rules.ts";
import {
  type FunctionRecord,
  functionArn,
  getFunction,
  getVersion,
  LATEST,
  type LambdaRegion,
  parseFunctionName,
  type VersionRecord,
} from "./model.ts";

/** What runs a version must go when the version is another one, or gone. */
export type Retire = (version: VersionRecord) => Promise<void>;

/** Actions on functions and their versions. */
export function createFunctionActions(
  cloud: Cloud,
  stateOf: (scope: Scope) => LambdaRegion,
  retire: Retire,
): Record<string, Action> {
  const replaceLatest = (record: FunctionRecord, next: VersionRecord) => {
    const previous = record.latest;
    record.latest = next;
    void retire(previous);
  };
  return {
    CreateFunction: async (input: CreateFunctionRequest, scope) => {
      checkCreateFunction(input);
      const state = stateOf(scope);
      const name = input.FunctionName!;
      refuseTakenName(state, name);
      const code = await unpackCode(cloud, input.Code ?? {}, scope);
      refuseTakenName(state, name);
      const record = newFunction(input, code, scope, cloud.now());
      state.set(name, record);
      return (input.Publish ? publish(record, undefined) : record.latest).configuration;
    },
    UpdateFunctionCode: async (input: UpdateFunctionCodeRequest, scope) => {
      refuseUnknown("lambda:UpdateFunctionCode", input, CODE_MEMBERS);
      const record = getFunction(stateOf(scope), input.FunctionName!, scope);
      refuseStale(record, input.RevisionId);
      const { S3Bucket, S3Key, S3ObjectVersion, ZipFile, ImageUri } = input;
      const code = await unpackCode(cloud, { S3Bucket, S3Key, S3ObjectVersion, ZipFile, ImageUri }, scope);
      const Architectures = input.Architectures ?? record.latest.configuration.Architectures;
      const next = changed(record.latest, { ...codeMembers(code), Architectures }, cloud.now(), code.folder);
      if (input.DryRun) return next.configuration;
      replaceLatest(record, next);
      return (input.Publish ? publish(record, undefined) : next).configuration;
    },
    UpdateFunctionConfiguration: (input: UpdateFunctionConfigurationRequest, scope) => {
      checkUpdateConfiguration(input);
      const record = getFunction(stateOf(scope), input.FunctionName!, scope);
      refuseStale(record, input.RevisionId);
      const { FunctionName: _name, RevisionId: _revision, ...members } = input;
      const next = changed(record.latest, members as FunctionConfiguration, cloud.now());
      replaceLatest(record, next);
      return next.configuration;
    },
    PublishVersion: (input: PublishVersionRequest & { CodeSha256?: string }, scope) => {
      const record = getFunction(stateOf(scope), input.FunctionName!, scope);
      refuseStale(record, input.RevisionId);
      if (input.CodeSha256 && input.CodeSha256 !== record.latest.configuration.CodeSha256)
        throw new AwsError(
          "InvalidParameterValueException",
          `CodeSHA256 (${input.CodeSha256}) is different from current CodeSHA256 in $LATEST (${record.latest.configuration.CodeSha256}). Please try again with the CodeSHA256 in $LATEST.`,
        );
      return publish(record, input.Description).configuration;
    },
    DeleteFunction: async (input: DeleteFunctionRequest, scope) => {
      const state = stateOf(scope);
      const record = getFunction(state, input.FunctionName!, scope);
      const qualifier = input.Qualifier ?? parseFunctionName(input.FunctionName!).qualifier;
      if (qualifier === LATEST)
        throw new AwsError(
          "InvalidParameterValueException",
          "$LATEST version cannot be deleted without deleting the function.",
        );
      const gone =
        qualifier === undefined
          ? [record.latest, ...record.versions.values()]
          : [getVersion(state, record.name, qualifier, scope)];
      if (qualifier === undefined) state.delete(record.name);
      else record.versions.delete(qualifier);
      await Promise.all(gone.map(retire));
      return { StatusCode: 204 };
    },
    ...readActions(stateOf),
  };
}

const CODE_MEMBERS = [
  ...["FunctionName", "ZipFile", "S3Bucket", "S3Key", "S3ObjectVersion", "ImageUri"],
  ...["Architectures", "Publish", "DryRun", "RevisionId"],
];

function readActions(stateOf: (scope: Scope) => LambdaRegion): Record<string, Action> {
  return {
    GetFunction: (input: GetFunctionRequest, scope) => {
      const record = getFunction(stateOf(scope), input.FunctionName!, scope);
      const { configuration } = getVersion(stateOf(scope), input.FunctionName!, input.Qualifier, scope);
      const reserved = record.reservedConcurrency;
      return {
        Configuration: configuration,
        Code: { RepositoryType: "S3" },
        Tags: Object.keys(record.tags).length > 0 ? record.tags : undefined,
        Concurrency: reserved === undefined ? undefined : { ReservedConcurrentExecutions: reserved },
      };
    },
    GetFunctionConfiguration: (input: GetFunctionRequest, scope) =>
      getVersion(stateOf(scope), input.FunctionName!, input.Qualifier, scope).configuration,
    ListFunctions: (input: ListFunctionsRequest, scope) => {
      const records = [...stateOf(scope).values()];
      const all =
        input.FunctionVersion === "ALL" ? records.flatMap(versionsOf) : records.map(({ latest }) => latest);
      const { items, nextToken } = pageOf(all, paging(input), 50, 10_000);
      return { Functions: items.map(({ configuration }) => configuration), NextMarker: nextToken };
    },
    ListVersionsByFunction: (input: ListVersionsByFunctionRequest, scope) => {
      const all = versionsOf(getFunction(stateOf(scope), input.FunctionName!, scope));
      const { items, nextToken } = pageOf(all, paging(input), 50, 10_000);
      return { Versions: items.map(({ configuration }) => configuration), NextMarker: nextToken };
    },
  };
}

function versionsOf(record: FunctionRecord): VersionRecord[] {
  return [record.latest, ...record.versions.values()];
}

function paging({ MaxItems, Marker }: { MaxItems?: number; Marker?: string }) {
  return { maxResults: MaxItems, nextToken: Marker };
}

function refuseTakenName(state: LambdaRegion, name: string): void {
  if (state.has(name))
    throw new AwsError("ResourceConflictException", `Function already exist: ${name}`, 409);
}

function refuseStale({ latest }: FunctionRecord, revisionId: string | undefined): void {
  if (revisionId !== undefined && revisionId !== latest.configuration.RevisionId)
    throw new AwsError(
      "PreconditionFailedException",
      "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
      412,
    );
}

function newFunction(
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

function codeMembers(code: UnpackedCode) {
  return { CodeSha256: code.sha256, CodeSize: code.sizeBytes };
}

function changed(
  { version, configuration, folder }: VersionRecord,
  members: FunctionConfiguration,
  nowMs: number,
  newFolder = folder,
): VersionRecord {
  const given = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
  const stamps = { LastModified: new Date(nowMs).toISOString(), RevisionId: randomUUID() };
  return { version, configuration: { ...configuration, ...given, ...stamps }, folder: newFolder };
}

/** `$LATEST` as it is now, under the next number; the last one again when nothing has changed since. */
function publish(record: FunctionRecord, description: string | undefined): VersionRecord {
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

/** What makes two versions differ. */
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
