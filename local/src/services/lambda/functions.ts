import type {
  CreateFunctionRequest,
  DeleteFunctionRequest,
  FunctionConfiguration,
  PublishVersionRequest,
  UpdateFunctionCodeRequest,
  UpdateFunctionConfigurationRequest,
} from "@aws-sdk/client-lambda";
import { AwsError } from "../../aws-error.ts";
import type { Action, Cloud, Scope } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";
import { unpackCode } from "./code.ts";
import { checkCreateFunction, checkUpdateConfiguration } from "./function-rules.ts";
import { changed, codeMembers, newFunction, publish } from "./function-versions.ts";
import {
  type FunctionRecord,
  getFunction,
  getVersion,
  LATEST,
  type LambdaRegion,
  parseFunctionName,
  type VersionRecord,
} from "./model.ts";

/** Ends the processes and workers of a version that was replaced or deleted. */
export type Retire = (version: VersionRecord) => Promise<void>;

/** Actions that create and delete functions and versions. */
export function createFunctionActions(
  cloud: Cloud,
  stateOf: (scope: Scope) => LambdaRegion,
  retire: Retire,
): Record<string, Action> {
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
  };
}

/** Actions that change `$LATEST` or publish it. */
export function createUpdateActions(
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
  };
}

const CODE_MEMBERS = [
  ...["FunctionName", "ZipFile", "S3Bucket", "S3Key", "S3ObjectVersion", "ImageUri"],
  ...["Architectures", "Publish", "DryRun", "RevisionId"],
];

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
