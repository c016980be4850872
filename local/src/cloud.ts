import { AwsError, notImplemented } from "./aws-error.ts";
import { realTimers, type Timers } from "./timers.ts";

/** The one account that exists here. */
export const ACCOUNT = "123456789012";

/** For whom and where an action runs. The region comes from the scope of the caller's signature. */
export interface Scope {
  region: string;
}

/**
 * One AWS API action. Input and output have the shape of the AWS SDK for JavaScript v3 (PascalCase members, `Date`s,
 * numbers, booleans, `Uint8Array`s), whatever the protocol on the wire. A failure is an `AwsError`.
 */
export type Action = (input: any, scope: Scope) => unknown;

/** A service: its actions by AWS name. CloudFormation calls the same actions that the wire exposes. */
export interface Service {
  actions: Record<string, Action>;
  /** Ends what the service started: sockets, processes, timers. */
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
  /** Folder of this run for what must be files: unpacked Lambda code, image layers. Removed by whoever made it. */
  stateDir: string;
  /** Milliseconds since the epoch; tests move it. Default `Date.now`. */
  now?: () => number;
  /** What polls and delays wait by. Default real time. */
  timers?: Timers;
  log?: Log;
}

/**
 * What the services share: the registry through which they call each other, the clock, and the names that AWS's DNS
 * would know, mapped to ports of this machine.
 */
export class Cloud {
  readonly stateDir: string;
  readonly now: () => number;
  readonly timers: Timers;
  readonly log: Log;
  /** `http://127.0.0.1:<port>` of the API endpoint; set when it listens. */
  endpoint = "";
  /** DNS name of a load balancer and listener port (`name:80`) → local port of that listener. */
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

  /** Runs an action as the wire would. Throws `AwsError`; `NotImplemented` names what is not known. */
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

  /** Every action that there is, as `<service>:<action>`. */
  operations(): string[] {
    return [...this.#services].flatMap(([name, { actions }]) =>
      Object.keys(actions).map((action) => `${name}:${action}`),
    );
  }

  /** Stops the services in the reverse order of their registration; the first failure is thrown when all had their turn. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const service of [...this.#services.values()].reverse()) {
      await service.close?.().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** A store per region: AWS services forget nothing, but a region knows only its own. */
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

/** The value, or the error that AWS gives for what does not exist. */
export function found<Value>(
  value: Value | undefined,
  code: string,
  message: string,
  statusCode = 400,
): Value {
  if (value === undefined) throw new AwsError(code, message, statusCode);
  return value;
}
