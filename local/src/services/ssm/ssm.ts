/**
 * AWS Systems Manager, Parameter Store only.
 *
 * **Gaps**: no labels, parameter policies, filters or `aws:ec2:image`. Request rates are not limited. A deleted name
 * can be created again at once (AWS requires 30 s).
 * **By design**: a SecureString without `WithDecryption` is returned as opaque text; there are no keys. Reads are
 * consistent.
 * **Client quirks**: AWS sends no message with ParameterNotFound, so SDKs report "UnknownError". Here the message
 * contains the name.
 */
import type {
  DeleteParameterRequest,
  DeleteParametersRequest,
  DeleteParametersResult,
  DescribeParametersRequest,
  DescribeParametersResult,
  GetParameterHistoryRequest,
  GetParameterHistoryResult,
  GetParameterRequest,
  GetParameterResult,
  GetParametersByPathRequest,
  GetParametersByPathResult,
  GetParametersRequest,
  GetParametersResult,
} from "@aws-sdk/client-ssm";
import { AwsError } from "../../aws-error.ts";
import { type Cloud, perRegion, type Scope, type Service } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";
import { byName, pageOf } from "../sorted-pages.ts";
import {
  describe,
  describeHistory,
  findParameter,
  isBelow,
  nameOf,
  notFound,
  type Parameters,
  readVersion,
} from "./parameter.ts";
import { putParameter } from "./put-parameter.ts";
import { tagActions } from "./tags.ts";

/** Maximum number of names in one GetParameters or DeleteParameters. */
const NAMES_MAX = 10;
const PAGE_SIZE = { byPath: 10, history: 50, describe: 50 };

/** Creates Parameter Store with a store per region. */
export function createSsm(cloud: Cloud): Service {
  const parametersOf = perRegion((): Parameters => new Map());
  return {
    actions: {
      PutParameter: (input, scope) => putParameter(parametersOf(scope), input, cloud.now()),
      GetParameter: (input: GetParameterRequest, scope): GetParameterResult => {
        refuseUnknown("ssm:GetParameter", input, ["Name", "WithDecryption"]);
        return { Parameter: readVersion(parametersOf(scope), input.Name!, scope, input.WithDecryption) };
      },
      GetParameters: (input: GetParametersRequest, scope) => getMany(parametersOf(scope), input, scope),
      GetParametersByPath: (input: GetParametersByPathRequest, scope) =>
        getByPath(parametersOf(scope), input, scope),
      GetParameterHistory: (input: GetParameterHistoryRequest, scope) =>
        getHistory(parametersOf(scope), input),
      DescribeParameters: (input: DescribeParametersRequest, scope) =>
        describeAll(parametersOf(scope), input, scope),
      DeleteParameter: (input: DeleteParameterRequest, scope) => {
        const parameters = parametersOf(scope);
        if (!parameters.delete(nameOf(input.Name!))) throw notFound(input.Name!);
        return {};
      },
      DeleteParameters: (input: DeleteParametersRequest, scope): DeleteParametersResult => {
        refuseTooMany(input.Names!);
        const parameters = parametersOf(scope);
        const [DeletedParameters, InvalidParameters] = partition(input.Names!, (name) =>
          parameters.delete(nameOf(name)),
        );
        return { DeletedParameters, InvalidParameters };
      },
      ...tagActions(parametersOf),
    },
  };
}

function getMany(parameters: Parameters, input: GetParametersRequest, scope: Scope): GetParametersResult {
  refuseTooMany(input.Names!);
  const [names, InvalidParameters] = partition([...new Set(input.Names!)], (name) => {
    return findParameter(parameters, name) !== undefined;
  });
  return {
    Parameters: names.map((name) => readVersion(parameters, name, scope, input.WithDecryption)),
    InvalidParameters,
  };
}

function getByPath(
  parameters: Parameters,
  input: GetParametersByPathRequest,
  scope: Scope,
): GetParametersByPathResult {
  refuseUnknown("ssm:GetParametersByPath", input, [
    "Path",
    "Recursive",
    "WithDecryption",
    "MaxResults",
    "NextToken",
  ]);
  if (!input.Path!.startsWith("/")) {
    throw new AwsError(
      "ValidationException",
      `The parameter path "${input.Path}" must begin with a forward slash (/).`,
    );
  }
  const names = [...parameters.keys()]
    .filter((name) => isBelow(name, input.Path!, input.Recursive ?? false))
    .sort(byName);
  const page = pageOf(names, (name) => name, pageOptions(input, PAGE_SIZE.byPath));
  return {
    Parameters: page.items.map((name) => readVersion(parameters, name, scope, input.WithDecryption)),
    NextToken: page.nextToken,
  };
}

function getHistory(parameters: Parameters, input: GetParameterHistoryRequest): GetParameterHistoryResult {
  const parameter = parameters.get(nameOf(input.Name!));
  if (parameter === undefined) throw notFound(input.Name!);
  const keyOf = (version: { version: number }): string => String(version.version).padStart(12, "0");
  const page = pageOf(parameter.versions, keyOf, pageOptions(input, PAGE_SIZE.history));
  return {
    Parameters: page.items.map((version) => describeHistory(parameter, version, input.WithDecryption)),
    NextToken: page.nextToken,
  };
}

function describeAll(
  parameters: Parameters,
  input: DescribeParametersRequest,
  scope: Scope,
): DescribeParametersResult {
  refuseUnknown("ssm:DescribeParameters", input, ["MaxResults", "NextToken"]);
  const all = [...parameters.values()].sort((a, b) => byName(a.name, b.name));
  const page = pageOf(all, ({ name }) => name, pageOptions(input, PAGE_SIZE.describe));
  return { Parameters: page.items.map((item) => describe(item, scope)), NextToken: page.nextToken };
}

function pageOptions(input: { MaxResults?: number; NextToken?: string }, largest: number) {
  const size = input.MaxResults ?? largest;
  if (size < 1 || size > largest) {
    throw new AwsError(
      "ValidationException",
      `Value '${size}' at 'maxResults' failed to satisfy constraint: Member must be between 1 and ${largest}`,
    );
  }
  return { size, token: input.NextToken, errorCode: "InvalidNextToken" };
}

function refuseTooMany(names: string[]): void {
  if (names.length >= 1 && names.length <= NAMES_MAX) return;
  throw new AwsError(
    "ValidationException",
    `Value '${names.length} names' at 'names' failed to satisfy constraint: Member must have length between 1 and ${NAMES_MAX}`,
  );
}

function partition<Item>(items: Item[], belongs: (item: Item) => boolean): [Item[], Item[]] {
  const yes: Item[] = [];
  const no: Item[] = [];
  for (const item of items) (belongs(item) ? yes : no).push(item);
  return [yes, no];
}
