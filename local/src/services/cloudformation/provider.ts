import type { ServiceName } from "../../cloud.ts";
import type { PropertiesShape } from "./properties.ts";

/** Property names of a resource after all functions and dynamic references are resolved and coerced by its shape. */
export type Properties = Record<string, any>;

/** What a provider knows of a resource that exists. */
export interface Existing {
  physicalId: string;
  properties: Properties;
  attributes: Record<string, unknown>;
}

/** What a provider says after it created or changed a resource. */
export interface Provided {
  /** What `Ref` gives. */
  physicalId: string;
  /** What `Fn::GetAtt` gives, by attribute name (`FunctionMetadata.FunctionARN` has its dot in the name). */
  attributes?: Record<string, unknown>;
}

export interface NameRules {
  /** Longest name that the service takes. Default 64. */
  max?: number;
  lowerCase?: boolean;
}

/** What a provider may use: other services, names, and waiting. */
export interface ProviderContext {
  region: string;
  account: string;
  stackId: string;
  stackName: string;
  logicalId: string;
  type: string;
  /** Runs an action of a service in the stack's region; global services are sent to us-east-1. */
  call(service: ServiceName, action: string, input: unknown, region?: string): Promise<any>;
  /** `<stack>-<logical id>-<random>`, as CloudFormation names what the template does not name. */
  name(rules?: NameRules): string;
  /** Says that the resource exists from now on, so that a failure after this deletes it. */
  initiated(physicalId: string, attributes?: Record<string, unknown>): void;
  /**
   * Asks `probe` until it gives a value. Ends with an error when the deployment is cancelled or after `timeoutMs`
   * (default: the engine's), naming `what` was waited for.
   */
  waitUntil<Value>(what: string, probe: () => Promise<Value | undefined>, timeoutMs?: number): Promise<Value>;
}

/** How one resource type comes into being, changes and goes, by calling the actions of the service that owns it. */
export interface ResourceProvider {
  /** Everything that the template may say; another property fails the deployment by name. */
  properties: PropertiesShape;
  required?: readonly string[];
  /** Names for `Fn::GetAtt`; another name is refused when the template is read. `"any"`: known only when it is made. */
  attributes: readonly string[] | "any";
  /** Properties whose change makes CloudFormation replace the resource; `"any"`: it is always replaced. */
  replacedBy: readonly string[] | "any";
  /** The property that takes the tags of the stack too. Left out: the type has no tags. */
  tagsProperty?: string;
  /** How `tagsProperty` writes tags. Default `list`. */
  tagsForm?: "list" | "map";
  create(properties: Properties, context: ProviderContext): Promise<Provided>;
  /** Never called where every change replaces. `changed` names the top-level properties that differ. */
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
