import { AwsError } from "../../../aws-error.ts";
import type { Providers, ResourceProvider } from "../providers/provider.ts";
import type { StackRecord, Target } from "../stack/model.ts";
import { isPseudoParameter, pseudoParameter } from "../template/pseudo-parameters.ts";
import { resourcesIn } from "../template/references.ts";
import { providerOf, type ResourceDefinition } from "../template/template.ts";
import { conditionsOf } from "./conditions.ts";
import { type Environment, evaluate, templateError } from "./intrinsics.ts";

/** The part of an existing resource that evaluation needs. */
export interface KnownResource {
  physicalId: string;
  /** `undefined` while a plan has not created the resource: then every attribute is `KNOWN_AFTER_APPLY`. */
  attributes: Record<string, unknown> | undefined;
}

/** AWS's placeholder in a change set for a value that only the deployment produces. */
export const KNOWN_AFTER_APPLY = "{{changeSet:KNOWN_AFTER_APPLY}}";

export interface Evaluation {
  environment: Environment;
  /** Definitions whose condition is true. */
  resources: Map<string, ResourceDefinition>;
  /** Logical ids that a resource depends on: its references and its DependsOn. */
  dependencies(logicalId: string): string[];
  /**
   * Evaluates a resource's properties and adds the stack's tags. Dynamic references stay as they are.
   *
   * @param instead returns a substitute for a property that cannot be evaluated; by default the error is rethrown
   */
  properties(
    logicalId: string,
    instead?: (error: unknown, definition: unknown) => unknown,
  ): Record<string, unknown>;
  outputs(): StackRecord["outputs"];
}

/**
 * Prepares the evaluation of a template with the parameters of one operation.
 *
 * @param known finds existing resources; `undefined` fails the evaluation
 * @param imported finds the value that another stack exports
 */
export function evaluationOf(
  stack: { id: string; name: string; region: string },
  target: Target,
  known: (logicalId: string) => KnownResource | undefined,
  imported: (name: string) => string,
  providers: Providers,
): Evaluation {
  const { template } = target;
  const environment: Environment = {
    ref: (name) => {
      if (isPseudoParameter(name)) return pseudoParameter(name, stack, target.notificationArns);
      const parameter = target.parameters.get(name);
      if (parameter !== undefined) return parameter.value;
      return existing(name, known).physicalId;
    },
    attribute: (id, attribute) => {
      const { attributes } = existing(id, known);
      if (attributes === undefined) return KNOWN_AFTER_APPLY;
      const value = Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined;
      if (value !== undefined) return value;
      throw templateError(
        `resource ${id} (${template.Resources[id]?.Type}) has no attribute ${attribute} in Fn::GetAtt; it has ${Object.keys(attributes).join(", ") || "none"}`,
      );
    },
    condition: conditionsOf(template, () => environment),
    mapping: (map, first, second) => {
      const value = template.Mappings?.[map]?.[first]?.[second];
      if (value === undefined) throw templateError(`Unable to get mapping for ${map}::${first}::${second}`);
      return value;
    },
    imported,
    region: stack.region,
  };
  const resources = new Map(
    Object.entries(template.Resources).filter(
      ([, { Condition: condition }]) => condition === undefined || environment.condition(condition),
    ),
  );
  return {
    environment,
    resources,
    dependencies: (id) => {
      const { Properties, DependsOn = [] } = resources.get(id)!;
      const named = [DependsOn].flat().filter((each) => resources.has(each));
      return [...new Set([...named, ...resourcesIn(Properties, resources)])];
    },
    properties: (id, instead) => {
      const definition = resources.get(id)!;
      const properties = evaluateProperties(definition, environment, instead);
      return withStackTags(properties, providerOf(definition.Type, providers)!, target);
    },
    outputs: () => evaluateOutputs(target, environment),
  };
}

function existing(id: string, known: (logicalId: string) => KnownResource | undefined): KnownResource {
  const resource = known(id);
  if (resource === undefined) throw templateError(`resource ${id} does not exist (is its condition false?)`);
  return resource;
}

function evaluateProperties(
  definition: ResourceDefinition,
  environment: Environment,
  instead: (error: unknown, definition: unknown) => unknown = (error) => {
    throw error;
  },
): Record<string, unknown> {
  const properties: Record<string, unknown> = {};
  for (const [name, each] of Object.entries(definition.Properties ?? {})) {
    let value: unknown;
    try {
      value = evaluate(each, environment);
    } catch (error) {
      value = instead(error, each);
    }
    if (value !== undefined) properties[name] = value;
  }
  return properties;
}

/** Adds the stack's tags to a resource that supports tags. The resource's own tag takes precedence. */
function withStackTags(
  properties: Record<string, unknown>,
  provider: ResourceProvider,
  target: Target,
): Record<string, unknown> {
  const { tagsProperty, tagsForm } = provider;
  if (tagsProperty === undefined || target.tags.length === 0) return properties;
  const own = properties[tagsProperty];
  if (tagsForm === "map") {
    const inherited = Object.fromEntries(target.tags.map(({ Key, Value }) => [Key, Value]));
    return { ...properties, [tagsProperty]: { ...inherited, ...(own as object | undefined) } };
  }
  const list = (own ?? []) as { Key: string }[];
  const inherited = target.tags.filter(({ Key }) => !list.some((tag) => tag.Key === Key));
  return { ...properties, [tagsProperty]: [...list, ...inherited.map(({ Key, Value }) => ({ Key, Value }))] };
}

function evaluateOutputs(target: Target, environment: Environment): StackRecord["outputs"] {
  const outputs: StackRecord["outputs"] = [];
  for (const [key, definition] of Object.entries(target.template.Outputs ?? {})) {
    if (definition.Condition !== undefined && !environment.condition(definition.Condition)) continue;
    const value = evaluate(definition.Value, environment);
    if (typeof value === "object" || value === undefined)
      throw new AwsError(
        "ValidationError",
        `The value of output ${key} must be a string, not ${JSON.stringify(value)}`,
      );
    const exportName = definition.Export && String(evaluate(definition.Export.Name, environment));
    outputs.push({
      key,
      value: String(value),
      ...(definition.Description === undefined ? {} : { description: definition.Description }),
      ...(exportName === undefined ? {} : { exportName }),
    });
  }
  return outputs;
}
