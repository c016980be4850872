import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { createAwsClients } from "../aws/clients.ts";
import type { LockstepConfig } from "../config/config.ts";
import { systemClock } from "../lifecycle/clock.ts";
import { createLifecycle } from "../lifecycle/lifecycle.ts";
import { machineName } from "../lifecycle/machine.ts";
import { readPlatformOutputs } from "../platform/outputs.ts";
import { metricLines } from "./figures.ts";
import { messageOf } from "./message.ts";
import { type JanitorReport, runJanitor } from "./run-janitor.ts";

export interface JanitorEvent {
  /** The caller reads the report: trouble with single versions is in it, and is no failure of the call. */
  report?: boolean;
}

/** Left of the Lambda's time for the last writes. */
const RESERVE_MS = 20_000;

/**
 * The janitor as a Lambda: on its schedule, and by `lockstep janitor run`. Configured by `LOCKSTEP_APP`,
 * `LOCKSTEP_CONFIG_JSON` and, when it is to tell people, `LOCKSTEP_TOPIC_ARN`, which the platform stack sets. Delivered twice, or
 * beside a release, it does no harm.
 *
 * @returns what it did; nothing with `janitor.mode` `off`
 * @throws when something went wrong and nobody reads the report, so that Lambda counts an error and the alarm sees it
 */
export async function handler(
  event: JanitorEvent,
  context: { getRemainingTimeInMillis(): number },
): Promise<JanitorReport | { mode: "off" }> {
  const deadline = Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS;
  const config = JSON.parse(required("LOCKSTEP_CONFIG_JSON")) as LockstepConfig;
  if (config.janitor.mode === "off") {
    log("off", { mode: "off", next: "Set janitor.mode in lockstep.config.ts, then: npm run infra:deploy" });
    return { mode: "off" };
  }
  const clients = createAwsClients(config.region, config.edge.mapFallbackRegion);
  const outputs = await readPlatformOutputs(clients.cloudformation, required("LOCKSTEP_APP"));
  const clock = systemClock;
  const identity = { host: machineName(), pid: process.pid };
  const lifecycle = createLifecycle({ config, outputs, clients, process: identity, clock });
  const report = await runJanitor({ config, outputs, clients, lifecycle, clock, deadline, log });
  for (const line of metricLines(config.app, report.figures, clock.now())) write(line);
  await tell(report, config);
  if (report.failed.length > 0 && event?.report !== true)
    throw new Error(`The janitor could not do everything: ${report.failed.join("; ")}`);
  return report;
}

/** A message that could not be sent is told in the log, and ends nothing: the work is done. */
async function tell(report: JanitorReport, { app, region, janitor }: LockstepConfig): Promise<void> {
  const TopicArn = process.env.LOCKSTEP_TOPIC_ARN;
  const message = messageOf(app, report, { everyMinutes: janitor.everyMinutes, now: Date.now() });
  if (!TopicArn || message === undefined) return;
  const sns = new SNSClient({ region });
  try {
    await sns.send(new PublishCommand({ TopicArn, Subject: message.subject, Message: message.text }));
  } catch (error) {
    report.failed.push(`the message to ${TopicArn}: ${(error as Error).message}`);
    log("failed", { what: "message", message: (error as Error).message });
  } finally {
    sns.destroy();
  }
}

function required(name: string): string {
  const value = process.env[name];
  if (!value)
    throw new Error(`The environment variable ${name} is missing. Deploy again: npm run infra:deploy`);
  return value;
}

/** One JSON object a line, as CloudWatch Logs Insights reads it. */
function log(event: string, detail: Record<string, unknown>): void {
  write(JSON.stringify({ at: new Date().toISOString(), event, ...detail }));
}

/** Not by `console`: Lambda puts time and request id before what it writes, and CloudWatch finds no metrics in such a line. */
function write(line: string): void {
  process.stdout.write(`${line}\n`);
}
