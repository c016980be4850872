import { METRIC_NAMESPACE } from "@lockstep/edge/names";
import { Duration } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { Topic } from "aws-cdk-lib/aws-sns";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { JANITOR_METRICS } from "../base/metric-names.ts";
import type { LockstepConfig } from "../config/config.ts";
import { MAX_VERSIONS } from "../config/protection.ts";

/** Above this many used slots. Leaves time to find out why versions are kept before a release is refused. */
const SLOTS_ALARM = 80;
/** Edges drop a version within seconds and tasks drain within minutes, so a version that drains for longer is stuck. */
const STUCK_AFTER_SECONDS = 60 * 60;
const SILENCE_MINUTES = 30;

interface Watch {
  metric: Metric;
  description: string;
  /** The alarm fires at and above this value; if absent, when there is no data. */
  atLeast?: number;
}

/** The alarms of the janitor. docs/operations.md says what to do about each. */
export function addJanitorAlarms(
  scope: Construct,
  { app, janitor }: LockstepConfig,
  janitorFunction: LambdaFunction,
  deadLetters: Queue,
): void {
  const topic = new Topic(scope, "Alarms", { topicName: `${app}-alarms` });
  const period = Duration.minutes(5);
  const quiet = Duration.minutes(Math.max(SILENCE_MINUTES, 3 * janitor.everyMinutes));
  const own = (metricName: keyof typeof JANITOR_METRICS) =>
    new Metric({
      namespace: METRIC_NAMESPACE,
      metricName,
      dimensionsMap: { App: app },
      statistic: "Maximum",
      period: quiet,
    });
  const watches: Record<string, Watch> = {
    "janitor-errors": {
      metric: janitorFunction.metricErrors({ period }),
      description: `A run of the janitor failed, so versions are kept too long. See its log: /aws/lambda/${app}-janitor`,
      atLeast: 1,
    },
    "janitor-undelivered": {
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({ period }),
      description:
        "EventBridge Scheduler could not start the janitor. The message in the dead-letter queue says why.",
      atLeast: 1,
    },
    "janitor-silent": {
      metric: janitorFunction.metricInvocations({ period: quiet }),
      description: "The janitor has not run for at least half an hour. Check that its schedule is enabled.",
    },
    "janitor-slots": {
      metric: own("LivingVersions"),
      description: `More than ${SLOTS_ALARM} of ${MAX_VERSIONS} slots are used. Without a free slot, releases are refused. To see why versions are kept: npm run lockstep -- janitor plan`,
      atLeast: SLOTS_ALARM + 1,
    },
    "janitor-stuck": {
      metric: own("LongestDraining"),
      description:
        "A version has been draining for an hour. To see why its stack is not deleted: npm run lockstep -- janitor run",
      atLeast: STUCK_AFTER_SECONDS,
    },
  };
  for (const [name, { metric, description, atLeast }] of Object.entries(watches))
    new Alarm(scope, name, {
      alarmName: `${app}-${name}`,
      alarmDescription: description,
      metric,
      threshold: atLeast ?? 1,
      evaluationPeriods: 1,
      comparisonOperator:
        atLeast === undefined
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: atLeast === undefined ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    }).addAlarmAction(new SnsAction(topic));
}
