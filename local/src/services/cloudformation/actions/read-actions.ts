import type {
  DescribeEventsInput,
  DescribeStackEventsInput,
  DescribeStackResourceInput,
  DescribeStackResourcesInput,
  DescribeStacksInput,
  GetTemplateInput,
  GetTemplateSummaryInput,
  ListExportsInput,
  ListStackResourcesInput,
  ListStacksInput,
  ValidateTemplateInput,
} from "@aws-sdk/client-cloudformation";
import { AwsError } from "../../../aws-error.ts";
import type { Action, Scope } from "../../../cloud.ts";
import type { Engine } from "../stack/engine.ts";
import type { ResourceRecord, StackRecord } from "../stack/model.ts";
import { parseTemplate, type Template } from "../template/template.ts";
import { type TemplateSource, templateBody } from "../template/template-source.ts";
import { operationEvents } from "./operation-events.ts";
import { page } from "./paging.ts";
import { describeStack, describeStackResource, stackEvent, stackSummary } from "./stack-shape.ts";

/** Read-only actions. */
export function readActions(engine: Engine): Record<string, Action> {
  return { ...stackReads(engine), ...resourceReads(engine), ...templateReads(engine) };
}

function stackReads(engine: Engine): Record<string, Action> {
  const { store, pageSize } = engine;
  return {
    DescribeStacks: (input: DescribeStacksInput, scope) => {
      const stacks = input.StackName
        ? [store.get(input.StackName, scope)]
        : store.stacks(scope).filter((stack) => !stack.deletedAt);
      const { items, next } = page(stacks, input.NextToken, pageSize);
      return { Stacks: items.map(describeStack), NextToken: next };
    },
    ListStacks: (input: ListStacksInput, scope) => {
      const wanted = input.StackStatusFilter ?? [];
      const stacks = store
        .stacks(scope)
        .filter(({ status }) => wanted.length === 0 || wanted.includes(status))
        .toReversed();
      const { items, next } = page(stacks, input.NextToken, pageSize);
      return { StackSummaries: items.map(stackSummary), NextToken: next };
    },
    DescribeStackEvents: (input: DescribeStackEventsInput, scope) => {
      const stack = store.get(input.StackName, scope, "brackets");
      const { items, next } = page(stack.events.toReversed(), input.NextToken, pageSize);
      return { StackEvents: items.map((event) => stackEvent(stack, event)), NextToken: next };
    },
    DescribeEvents: (input: DescribeEventsInput, scope) => {
      const { items, next } = page(operationEvents(engine, input, scope), input.NextToken, pageSize);
      return { OperationEvents: items, NextToken: next };
    },
    ListExports: (input: ListExportsInput, scope) => {
      const living = store.stacks(scope).filter((stack) => !stack.deletedAt);
      const all = living.flatMap((stack) =>
        stack.outputs
          .filter(({ exportName }) => exportName !== undefined)
          .map(({ exportName, value }) => ({ ExportingStackId: stack.id, Name: exportName, Value: value })),
      );
      const { items, next } = page(all, input.NextToken, pageSize);
      return { Exports: items, NextToken: next };
    },
    ListHookResults: () => ({ HookResults: [] }),
  };
}

function resourceReads(engine: Engine): Record<string, Action> {
  const { store, pageSize } = engine;
  return {
    DescribeStackResource: (input: DescribeStackResourceInput, scope) => {
      const stack = store.get(input.StackName, scope, "brackets");
      const resource = resourceOf(stack, input.LogicalResourceId);
      const { Timestamp, ...shown } = describeStackResource(stack, resource);
      const Metadata = resource.metadata === undefined ? undefined : JSON.stringify(resource.metadata);
      return { StackResourceDetail: { ...shown, LastUpdatedTimestamp: Timestamp, Metadata } };
    },
    DescribeStackResources: (input: DescribeStackResourcesInput, scope) =>
      describeStackResources(engine, input, scope),
    ListStackResources: (input: ListStackResourcesInput, scope) => {
      const stack = store.get(input.StackName, scope, "brackets");
      const { items, next } = page([...stack.resources.values()], input.NextToken, pageSize);
      const summaries = items.map((resource) => {
        const {
          Timestamp,
          StackId: _id,
          StackName: _name,
          ...shown
        } = describeStackResource(stack, resource);
        return { ...shown, LastUpdatedTimestamp: Timestamp };
      });
      return { StackResourceSummaries: summaries, NextToken: next };
    },
  };
}

function templateReads(engine: Engine): Record<string, Action> {
  return {
    GetTemplate: (input: GetTemplateInput, scope) => {
      const TemplateBody = templateOf(engine, input, scope);
      return { TemplateBody, StagesAvailable: TemplateBody === "" ? [] : ["Original", "Processed"] };
    },
    GetTemplateSummary: (input: GetTemplateSummaryInput, scope) => getTemplateSummary(engine, input, scope),
    ValidateTemplate: async (input: ValidateTemplateInput, scope) => {
      const template = await givenTemplate(engine, input, scope);
      return { ...templateSummary(template), Parameters: templateParameters(template) };
    },
  };
}

function resourceOf(stack: StackRecord, logicalId: string | undefined): ResourceRecord {
  const resource = stack.resources.get(logicalId ?? "");
  if (resource !== undefined) return resource;
  throw new AwsError("ValidationError", `Resource ${logicalId} does not exist for stack ${stack.name}`);
}

function describeStackResources(engine: Engine, input: DescribeStackResourcesInput, scope: Scope) {
  const { StackName: name, PhysicalResourceId: physicalId, LogicalResourceId: logicalId } = input;
  const stack =
    name === undefined && physicalId !== undefined
      ? engine.store
          .stacks(scope)
          .find(
            (each) =>
              !each.deletedAt && [...each.resources.values()].some((one) => one.physicalId === physicalId),
          )
      : engine.store.get(name, scope);
  if (stack === undefined) throw new AwsError("ValidationError", `Stack for ${physicalId} does not exist`);
  const resources = [...stack.resources.values()].filter(
    (each) => logicalId === undefined || each.logicalId === logicalId,
  );
  return { StackResources: resources.map((resource) => describeStackResource(stack, resource)) };
}

function templateOf(engine: Engine, input: GetTemplateInput, scope: Scope): string {
  if (input.ChangeSetName !== undefined) {
    const { changeSet } = engine.store.getChangeSet(input.ChangeSetName, input.StackName, scope);
    return changeSet.target!.templateBody;
  }
  // A stack in review has no template. The CDK CLI reads that as an empty one.
  return engine.store.get(input.StackName, scope).current?.templateBody ?? "";
}

async function getTemplateSummary(engine: Engine, input: GetTemplateSummaryInput, scope: Scope) {
  const template =
    input.StackName === undefined
      ? await givenTemplate(engine, input, scope)
      : parseTemplate(templateOf(engine, { StackName: input.StackName }, scope), engine.providers);
  return {
    ...templateSummary(template),
    Parameters: templateParameters(template),
    ResourceTypes: [...new Set(Object.values(template.Resources).map(({ Type }) => Type))],
    Version: template.AWSTemplateFormatVersion,
    Metadata: template.Metadata === undefined ? undefined : JSON.stringify(template.Metadata),
  };
}

async function givenTemplate(engine: Engine, input: TemplateSource, scope: Scope): Promise<Template> {
  return parseTemplate(await templateBody(input, undefined, engine.cloud, scope), engine.providers);
}

function templateSummary(template: Template) {
  const iam = Object.values(template.Resources).some(({ Type }) => Type.startsWith("AWS::IAM::"));
  return {
    Description: template.Description,
    ...(iam
      ? { Capabilities: ["CAPABILITY_NAMED_IAM"], CapabilitiesReason: "The template has IAM resources." }
      : {}),
  };
}

function templateParameters(template: Template) {
  return Object.entries(template.Parameters ?? {}).map(([ParameterKey, definition]) => ({
    ParameterKey,
    DefaultValue: definition.Default === undefined ? undefined : String(definition.Default),
    ParameterType: definition.Type,
    NoEcho: String(definition.NoEcho) === "true",
    Description: definition.Description,
  }));
}
