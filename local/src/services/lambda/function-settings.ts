import type {
  AddPermissionRequest,
  FunctionEventInvokeConfig,
  GetPolicyRequest,
  ListTagsRequest,
  PutFunctionConcurrencyRequest,
  PutFunctionEventInvokeConfigRequest,
  RemovePermissionRequest,
  TagResourceRequest,
  UntagResourceRequest,
} from "@aws-sdk/client-lambda";
import { AwsError } from "../../aws-error.ts";
import { type Action, type Cloud, found, type Scope } from "../../cloud.ts";
import {
  functionArn,
  getFunction,
  getVersion,
  LATEST,
  type LambdaRegion,
  parseFunctionName,
} from "./model.ts";

type StateOf = (scope: Scope) => LambdaRegion;

interface Qualified {
  FunctionName: string | undefined;
  Qualifier?: string;
}

/** Settings of a function other than its versions: permissions (recorded), concurrency, event handling, tags. */
export function createSettingActions(cloud: Cloud, stateOf: StateOf): Record<string, Action> {
  return {
    ...permissionActions(stateOf),
    ...concurrencyActions(stateOf),
    ...eventConfigActions(cloud, stateOf),
    ...tagActions(stateOf),
  };
}

function permissionActions(stateOf: StateOf): Record<string, Action> {
  const of = (input: Qualified, scope: Scope) => {
    const record = getFunction(stateOf(scope), input.FunctionName!, scope);
    const { version, configuration } = getVersion(
      stateOf(scope),
      input.FunctionName!,
      input.Qualifier,
      scope,
    );
    const statements = record.policies.get(version) ?? [];
    return { record, version, arn: configuration.FunctionArn, statements };
  };
  return {
    AddPermission: (input: AddPermissionRequest, scope) => {
      const { record, version, arn, statements } = of(input, scope);
      if (statements.some(({ Sid }) => Sid === input.StatementId))
        throw new AwsError(
          "ResourceConflictException",
          `The statement id (${input.StatementId}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
          409,
        );
      const isService = input.Principal!.includes(".amazonaws.com");
      const statement = {
        Sid: input.StatementId!,
        Effect: "Allow",
        Principal: isService ? { Service: input.Principal } : { AWS: input.Principal },
        Action: input.Action,
        Resource: arn,
        ...(input.SourceArn ? { Condition: { ArnLike: { "AWS:SourceArn": input.SourceArn } } } : {}),
      };
      record.policies.set(version, [...statements, statement]);
      return { Statement: JSON.stringify(statement) };
    },
    RemovePermission: (input: RemovePermissionRequest, scope) => {
      const { record, version, statements } = of(input, scope);
      const kept = statements.filter(({ Sid }) => Sid !== input.StatementId);
      if (kept.length === statements.length)
        throw new AwsError(
          "ResourceNotFoundException",
          `Statement ${input.StatementId} is not found in resource policy.`,
          404,
        );
      record.policies.set(version, kept);
      return {};
    },
    GetPolicy: (input: GetPolicyRequest, scope) => {
      const { statements } = of(input, scope);
      if (statements.length === 0)
        throw new AwsError("ResourceNotFoundException", "The resource you requested does not exist.", 404);
      return { Policy: JSON.stringify({ Version: "2012-10-17", Id: "default", Statement: statements }) };
    },
  };
}

function concurrencyActions(stateOf: StateOf): Record<string, Action> {
  const of = (input: Qualified, scope: Scope) => getFunction(stateOf(scope), input.FunctionName!, scope);
  return {
    PutFunctionConcurrency: (input: PutFunctionConcurrencyRequest, scope) => {
      of(input, scope).reservedConcurrency = input.ReservedConcurrentExecutions;
      return { ReservedConcurrentExecutions: input.ReservedConcurrentExecutions };
    },
    GetFunctionConcurrency: (input: Qualified, scope) => ({
      ReservedConcurrentExecutions: of(input, scope).reservedConcurrency,
    }),
    DeleteFunctionConcurrency: (input: Qualified, scope) => {
      of(input, scope).reservedConcurrency = undefined;
      return {};
    },
  };
}

function eventConfigActions(cloud: Cloud, stateOf: StateOf): Record<string, Action> {
  const key = (input: Qualified) =>
    input.Qualifier ?? parseFunctionName(input.FunctionName!).qualifier ?? LATEST;
  const of = (input: Qualified, scope: Scope) => getFunction(stateOf(scope), input.FunctionName!, scope);
  const put = (
    input: PutFunctionEventInvokeConfigRequest,
    scope: Scope,
    previous?: FunctionEventInvokeConfig,
  ) => {
    const record = of(input, scope);
    const { FunctionName: _name, Qualifier: _qualifier, ...members } = input;
    const config: FunctionEventInvokeConfig = {
      ...previous,
      ...members,
      FunctionArn: `${functionArn(scope, record.name)}:${key(input)}`,
      LastModified: new Date(cloud.now()),
    };
    record.eventConfigs.set(key(input), config);
    return config;
  };
  const get = (input: Qualified, scope: Scope) =>
    found(
      of(input, scope).eventConfigs.get(key(input)),
      "ResourceNotFoundException",
      `The function ${input.FunctionName} doesn't have an EventInvokeConfig`,
      404,
    );
  return {
    PutFunctionEventInvokeConfig: (input, scope) => put(input, scope),
    UpdateFunctionEventInvokeConfig: (input, scope) => put(input, scope, get(input, scope)),
    GetFunctionEventInvokeConfig: get,
    DeleteFunctionEventInvokeConfig: (input: Qualified, scope) => {
      get(input, scope);
      of(input, scope).eventConfigs.delete(key(input));
      return {};
    },
  };
}

function tagActions(stateOf: StateOf): Record<string, Action> {
  const of = (arn: string | undefined, scope: Scope) => getFunction(stateOf(scope), arn!, scope);
  return {
    TagResource: (input: TagResourceRequest, scope) => {
      Object.assign(of(input.Resource, scope).tags, input.Tags);
      return {};
    },
    UntagResource: (input: UntagResourceRequest, scope) => {
      for (const key of input.TagKeys ?? []) delete of(input.Resource, scope).tags[key];
      return {};
    },
    ListTags: (input: ListTagsRequest, scope) => ({ Tags: of(input.Resource, scope).tags }),
  };
}
