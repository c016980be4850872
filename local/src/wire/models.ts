import { AwsError } from "../aws-error.ts";
import type { ServiceName } from "../cloud.ts";
import { type Route, routeOf } from "./routes.ts";
import { type SchemaRef, type Shape, shapeOf, type Traits } from "./schema.ts";

interface Operation {
  input: Shape;
  output: Shape;
}

/** What an SDK client knows about its service. */
export interface Model {
  operations: Map<string, Operation>;
  /** Of REST services; empty otherwise. */
  routes: Route[];
  /** Traits of the modelled errors by shape name: `httpError` and `awsQueryError` give statuses and codes. */
  errors: Map<string, Traits>;
}

/** The name in a signature's credential scope, where it is not the service's name here. */
const SIGNING_NAMES: Record<string, ServiceName> = { elasticloadbalancing: "elbv2" };

/** XML namespaces of the services that speak XML, as AWS publishes them. */
export const XML_NAMESPACES: Partial<Record<ServiceName, string>> = {
  cloudformation: "http://cloudformation.amazonaws.com/doc/2010-05-15/",
  cloudfront: "http://cloudfront.amazonaws.com/doc/2020-05-31/",
  elbv2: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
  iam: "https://iam.amazonaws.com/doc/2010-05-08/",
  monitoring: "http://monitoring.amazonaws.com/doc/2010-08-01/",
  s3: "http://s3.amazonaws.com/doc/2006-03-01/",
  sns: "http://sns.amazonaws.com/doc/2010-03-31/",
  sqs: "http://queue.amazonaws.com/doc/2012-11-05/",
  sts: "https://sts.amazonaws.com/doc/2011-06-15/",
};

/** Loaded when a service is called for the first time: all together would cost a third of a second at start. */
const CLIENTS: Record<ServiceName, (() => Promise<object>) | undefined> = {
  "application-autoscaling": () => import("@aws-sdk/client-application-auto-scaling"),
  cloudformation: () => import("@aws-sdk/client-cloudformation"),
  cloudfront: () => import("@aws-sdk/client-cloudfront"),
  "cloudfront-keyvaluestore": () => import("@aws-sdk/client-cloudfront-keyvaluestore"),
  ec2: undefined,
  ecr: undefined,
  ecs: () => import("@aws-sdk/client-ecs"),
  elbv2: () => import("@aws-sdk/client-elastic-load-balancing-v2"),
  events: () => import("@aws-sdk/client-eventbridge"),
  iam: undefined,
  lambda: () => import("@aws-sdk/client-lambda"),
  logs: () => import("@aws-sdk/client-cloudwatch-logs"),
  monitoring: () => import("@aws-sdk/client-cloudwatch"),
  s3: () => import("@aws-sdk/client-s3"),
  scheduler: () => import("@aws-sdk/client-scheduler"),
  secretsmanager: () => import("@aws-sdk/client-secrets-manager"),
  sns: () => import("@aws-sdk/client-sns"),
  sqs: undefined,
  ssm: () => import("@aws-sdk/client-ssm"),
  sts: () => import("@aws-sdk/client-sts"),
  tagging: () => import("@aws-sdk/client-resource-groups-tagging-api"),
};

const loaded = new Map<ServiceName, Promise<Model | undefined>>();

/** The service that a signature was made for. */
export function serviceOfSigningName(name: string): ServiceName {
  const service = SIGNING_NAMES[name] ?? name;
  if (!Object.hasOwn(CLIENTS, service)) {
    throw new AwsError(
      "NotImplemented",
      `The service "${name}" is not in the local AWS. See local/README.md for what is.`,
      501,
    );
  }
  return service as ServiceName;
}

/** The model of a service; `undefined` where its SDK client is not installed. */
export function modelOf(service: ServiceName): Promise<Model | undefined> {
  let model = loaded.get(service);
  if (model === undefined) {
    model = load(service);
    loaded.set(service, model);
  }
  return model;
}

async function load(service: ServiceName): Promise<Model | undefined> {
  const client = await CLIENTS[service]?.();
  return client === undefined ? undefined : readModel(client);
}

function readModel(client: object): Model {
  const model: Model = { operations: new Map(), routes: [], errors: new Map() };
  for (const [name, schema] of Object.entries(client)) {
    if (!name.endsWith("$") || !Array.isArray(schema)) continue;
    if (schema[0] === 9) addOperation(model, schema);
    if (schema[0] === -3) model.errors.set(schema[2] as string, shapeOf(schema as SchemaRef).traits);
  }
  return model;
}

function addOperation(model: Model, schema: readonly unknown[]): void {
  const route = routeOf(schema);
  if (route !== undefined) model.routes.push(route);
  model.operations.set(schema[2] as string, { input: shapeOf(schema[4]), output: shapeOf(schema[5]) });
}
