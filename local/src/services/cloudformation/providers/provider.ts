import type { ServiceName } from "../../../cloud.ts";
import type { PropertiesShape } from "./properties.ts";

/** Properties of a resource, after functions and dynamic references are resolved and values converted to its shape. */
export type Properties = Record<string, any>;

/** An existing resource, as its provider gets it. */
export interface Existing {
  physicalId: string;
  properties: Properties;
  attributes: Record<string, unknown>;
}

/** Result of creating or updating a resource. */
export interface Provided {
  /** The value of `Ref`. */
  physicalId: string;
  /** The values of `Fn::GetAtt`, by attribute name (a name may contain a dot: `FunctionMetadata.FunctionARN`). */
  attributes?: Record<string, unknown>;
}

export interface NameRules {
  /** Maximum length of the name. Default 64. */
  max?: number;
  lowerCase?: boolean;
}

/** Access of a provider to services, names and waiting. */
export interface ProviderContext {
  region: string;
  account: string;
  stackId: string;
  stackName: string;
  logicalId: string;
  type: string;
  /** Calls an action of a service in the stack's region, or in us-east-1 for global services. */
  call(service: ServiceName, action: string, input: unknown, region?: string): Promise<any>;
  /** Generates `<stack>-<logical id>-<random>`, as CloudFormation does for resources without a name. */
  name(rules?: NameRules): string;
  /** Reports that the resource now exists, so that a later failure deletes it. */
  initiated(physicalId: string, attributes?: Record<string, unknown>): void;
  /**
   * Polls `probe` until it returns a value. Throws when the deployment is cancelled, or after `timeoutMs` (default: the
   * engine's) with `what` in the message.
   */
  waitUntil<Value>(what: string, probe: () => Promise<Value | undefined>, timeoutMs?: number): Promise<Value>;
}

/** Creates, updates and deletes resources of one type, by calling the actions of their service. */
export interface ResourceProvider {
  /** The supported properties. Any other property fails the deployment by name. */
  properties: PropertiesShape;
  required?: readonly string[];
  /**
   * Names for `Fn::GetAtt`. Other names are refused when the template is parsed. With `"any"`, only the deployment
   * finds unknown names.
   */
  attributes: readonly string[] | "any";
  /** Properties whose change replaces the resource; `"any"`: every change does. */
  replacedBy: readonly string[] | "any";
  /** The property that also receives the stack's tags. Omitted for types without tags. */
  tagsProperty?: string;
  /** Form of `tagsProperty`. Default `list`. */
  tagsForm?: "list" | "map";
  create(properties: Properties, context: ProviderContext): Promise<Provided>;
  /** Omitted if every change replaces. `changed` contains the top-level properties that differ. */
  update?(
    existing: Existing,
    properties: Properties,
    changed: ReadonlySet<string>,
    context: ProviderContext,
  ): Promise<Partial<Provided> | undefined>;
  delete(existing: Existing, context: ProviderContext): Promise<unknown>;
}

/** Providers by CloudFormation type name. */
export type Providers = Record<string, ResourceProvider>;
