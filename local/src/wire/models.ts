import { AwsError } from "../aws-error.ts";
import type { ServiceName } from "../cloud.ts";
import { type Route, routeOf } from "./routes.ts";
import { type Shape, shapeOf, type Traits } from "./schema.ts";
import { errorsOf, operationsOf } from "./sdk-schemas.ts";

interface Operation {
  input: Shape;
  output: Shape;
}

/** The model of a service, from its SDK client. */
export interface Model {
  operations: Map<string, Operation>;
  /** Routes of a REST service; empty for others. */
  routes: Route[];
  /** Traits of the modelled errors by shape name: `httpError` and `awsQueryError` contain statuses and codes. */
  errors: Map<string, Traits>;
}

/** Names in a signature's credential scope that differ from the service's name here. */
const SIGNING_NAMES: Record<string, ServiceName> = { elasticloadbalancing: "elbv2" };

/** XML namespaces of the services with XML responses, as AWS publishes them. */
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

/** Clients, loaded on a service's first call. Loading all at start would take a third of a second. */
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

/** Returns the service of a signature. */
export function serviceOfSigningName(name: string): ServiceName {
  const service = SIGNING_NAMES[name] ?? name;
  if (!Object.hasOwn(CLIENTS, service)) {
    throw new AwsError(
      "NotImplemented",
      `The service "${name}" is not implemented by the local AWS. See local/README.md for its scope.`,
      501,
    );
  }
  return service as ServiceName;
}

/** Returns the model of a service; `undefined` if its SDK client is not installed. */
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
  const operations = operationsOf(client);
  return {
    operations: new Map(
      operations.map(({ name, input, output }) => [name, { input: shapeOf(input), output: shapeOf(output) }]),
    ),
    routes: operations.flatMap((operation) => routeOf(operation) ?? []),
    errors: new Map(errorsOf(client).map((error) => [error.getName()!, error.getMergedTraits()])),
  };
}
