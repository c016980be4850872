import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { Architecture, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Schedule, ScheduleExpression } from "aws-cdk-lib/aws-scheduler";
import { LambdaInvoke } from "aws-cdk-lib/aws-scheduler-targets";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { LockstepConfig } from "../config/config.ts";
import { bundledCode } from "./bundled-code.ts";
import { addJanitorAlarms } from "./janitor-alarms.ts";
import { bundleJanitor } from "./janitor-bundle.ts";
import { type JanitorReach, janitorStatements } from "./janitor-permissions.ts";

/** The longest timeout of a Lambda function. The next run finishes a run that was cut off. */
const TIMEOUT_MINUTES = 15;
const MEMORY_MEGABYTES = 256;

/**
 * The janitor: a function, its schedule, and alarms for when it fails or no longer runs. Two runs can overlap, because
 * Scheduler delivers at least once. The ledger handles that. Concurrency is not reserved, because new accounts refuse
 * it.
 */
export class Janitor extends Construct {
  readonly function: LambdaFunction;
  readonly schedule: Schedule;

  constructor(scope: Construct, id: string, config: LockstepConfig, reach: JanitorReach) {
    super(scope, id);
    this.function = new LambdaFunction(this, "Function", {
      functionName: `${config.app}-janitor`,
      description: `Retires unused versions of ${config.app}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: "index.handler",
      code: bundledCode(new URL("../janitor", import.meta.url), () => ({ "index.mjs": bundleJanitor() })),
      timeout: Duration.minutes(TIMEOUT_MINUTES),
      memorySize: MEMORY_MEGABYTES,
      // The next scheduled run is the retry.
      retryAttempts: 0,
      environment: { LOCKSTEP_APP: config.app, LOCKSTEP_CONFIG_JSON: JSON.stringify(config) },
      logGroup: new LogGroup(this, "Log", {
        logGroupName: `/aws/lambda/${config.app}-janitor`,
        retention: RetentionDays.ONE_MONTH,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    });
    for (const statement of janitorStatements(this, config, reach)) this.function.addToRolePolicy(statement);
    const deadLetters = new Queue(this, "DeadLetters", {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    this.schedule = new Schedule(this, "Schedule", {
      scheduleName: `${config.app}-janitor`,
      description: `Runs the janitor of ${config.app}`,
      schedule: ScheduleExpression.rate(Duration.minutes(config.janitor.everyMinutes)),
      target: new LambdaInvoke(this.function, {
        deadLetterQueue: deadLetters,
        retryAttempts: 2,
        maxEventAge: Duration.minutes(15),
      }),
    });
    addJanitorAlarms(this, config, this.function, deadLetters);
  }
}
