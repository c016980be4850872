import { AwsError, notImplemented } from "./aws-error.ts";
import { realTimers, type Timers } from "./timers.ts";

/** Id of the only account. */
export const ACCOUNT = "123456789012";

/** The region in which an action runs. It comes from the scope of the caller's signature. */
export interface Scope {
  region: string;
}

/**
 * One AWS API action. Input and output have the shape of the AWS SDK for JavaScript v3 (PascalCase members, `Date`s,
 * numbers, booleans, `Uint8Array`s), whatever the protocol. A failure is an `AwsError`.
 */
export type Action = (input: any, scope: Scope) => unknown;

/** A service: its actions by AWS name. CloudFormation and clients call the same actions. */
export interface Service {
  actions: Record<string, Action>;
  /** Ends the service's sockets, processes and timers. */
  close?(): Promise<void>;
}

export type ServiceName =
  | "cloudformation"
  | "cloudfront"
  | "cloudfront-keyvaluestore"
  | "ec2"
  | "ecr"
  | "ecs"
  | "elbv2"
  | "events"
  | "iam"
  | "lambda"
  | "logs"
  | "monitoring"
  | "application-autoscaling"
  | "s3"
  | "scheduler"
  | "secretsmanager"
  | "sns"
  | "sqs"
  | "ssm"
  | "sts"
  | "tagging";

export type Log = (line: string) => void;

export interface CloudOptions {
  /** Folder for the files of this run: unpacked Lambda code, image layers. The creator of the cloud deletes it. */
  stateDir: string;
  /** Milliseconds since the epoch; tests pass a clock that they control. Default `Date.now`. */
  now?: () => number;
  /** Timers of polls and delays. Default real time. */
  timers?: Timers;
  log?: Log;
}

/**
 * State that the services share: the registry through which they call each other, the clock, and the local ports of the
 * host names that AWS's DNS would resolve.
 */
export class Cloud {
  readonly stateDir: string;
  readonly now: () => number;
  readonly timers: Timers;
  readonly log: Log;
  /** `http://127.0.0.1:<port>` of the API endpoint, set when it listens. */
  endpoint = "";
  /** DNS name of a load balancer and port of a listener (`name:80`) → local port of that listener. */
  readonly listenerPorts = new Map<string, number>();
  readonly #services = new Map<ServiceName, Service>();

  constructor(options: CloudOptions) {
    this.stateDir = options.stateDir;
    this.now = options.now ?? Date.now;
    this.timers = options.timers ?? realTimers;
    this.log = options.log ?? (() => {});
  }

  register(name: ServiceName, service: Service): void {
    if (this.#services.has(name)) throw new Error(`Service ${name} is registered twice.`);
    this.#services.set(name, service);
  }

  /** Calls an action as a client would. Throws `AwsError`, for an unknown action with the code `NotImplemented`. */
  async call<Output = any>(
    service: ServiceName,
    action: string,
    input: unknown,
    scope: Scope,
  ): Promise<Output> {
    const actions = this.#services.get(service)?.actions;
    if (actions === undefined || !Object.hasOwn(actions, action))
      throw notImplemented(`${service}:${action}`);
    return (await actions[action]!(input, scope)) as Output;
  }

  /** Returns every action as `<service>:<action>`. */
  operations(): string[] {
    return [...this.#services].flatMap(([name, { actions }]) =>
      Object.keys(actions).map((action) => `${name}:${action}`),
    );
  }

  /** Closes the services in the reverse order of their registration. Throws the first failure after all have closed. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const service of [...this.#services.values()].reverse()) {
      await service.close?.().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** Creates one state per region. */
export function perRegion<State>(create: (region: string) => State): (scope: Scope) => State {
  const states = new Map<string, State>();
  return ({ region }) => {
    let state = states.get(region);
    if (state === undefined) {
      state = create(region);
      states.set(region, state);
    }
    return state;
  };
}

/** Returns the value, or throws AWS's error for a missing resource. */
export function found<Value>(
  value: Value | undefined,
  code: string,
  message: string,
  statusCode = 400,
): Value {
  if (value === undefined) throw new AwsError(code, message, statusCode);
  return value;
}
