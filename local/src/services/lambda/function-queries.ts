import type {
  GetFunctionRequest,
  ListFunctionsRequest,
  ListVersionsByFunctionRequest,
} from "@aws-sdk/client-lambda";
import type { Action, Scope } from "../../cloud.ts";
import { pageOf } from "../paging.ts";
import {
  type FunctionRecord,
  getFunction,
  getVersion,
  type LambdaRegion,
  type VersionRecord,
} from "./model.ts";

/** Actions that read functions and their versions. */
export function createFunctionQueries(stateOf: (scope: Scope) => LambdaRegion): Record<string, Action> {
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
