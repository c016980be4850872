import { type AwsClients, createAwsClients } from "../aws/clients.ts";
import { eventSender, janitorFailed } from "../aws/event-bus.ts";
import { systemClock } from "../base/clock.ts";
import { readPlatformOutputs } from "../base/outputs.ts";
import type { LockstepConfig } from "../config/config.ts";
import { createLifecycle } from "../lifecycle/lifecycle.ts";
import { machineName } from "../lifecycle/machine.ts";
import { metricLines } from "./report/figures.ts";
import { type JanitorReport, runJanitor } from "./run-janitor.ts";

export interface JanitorEvent {
  /** The caller reads the report. Then a failure with single versions does not fail the call. */
  report?: boolean;
}

/** Part of the function's time that is reserved for the last writes. */
const RESERVE_MS = 20_000;

/**
 * The janitor as a Lambda function: started by its schedule and by `lockstep janitor run`. Reads its configuration from
 * `LOCKSTEP_APP` and `LOCKSTEP_CONFIG_JSON`, which the platform stack sets. A second run at the same time does no harm.
 *
 * @returns the report; only the mode if `janitor.mode` is `off`
 * @throws if something failed and the caller does not read the report, so that Lambda counts an error and the alarm
 *   fires
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
  const clients = createAwsClients(config.region);
  const sendEvents = eventSender(clients.events, (failure) => log("event-not-sent", { ...failure }));
  const reportFailure = async (failures: Parameters<typeof janitorFailed>[1]) =>
    sendEvents(janitorFailed(config.app, failures));
  const report = await run(config, clients, deadline).catch(async (error: Error) => {
    await reportFailure([{ what: "run", message: error.message }]);
    throw error;
  });
  for (const line of metricLines(config.app, report.figures, Date.now())) write(line);
  if (report.failed.length === 0) return report;
  await reportFailure(report.failed);
  if (event?.report === true) return report;
  const failures = report.failed.map(({ what, message }) => `${what}: ${message}`);
  throw new Error(`${failures.length} actions of the janitor failed: ${failures.join("; ")}`);
}

async function run(config: LockstepConfig, clients: AwsClients, deadline: number): Promise<JanitorReport> {
  const outputs = await readPlatformOutputs(clients.cloudformation, required("LOCKSTEP_APP"));
  const clock = systemClock;
  const identity = { host: machineName(), pid: process.pid };
  const lifecycle = createLifecycle({ config, outputs, clients, process: identity, clock });
  return runJanitor({ config, outputs, clients, lifecycle, clock, deadline, log });
}

function required(name: string): string {
  const value = process.env[name];
  if (!value)
    throw new Error(`The environment variable ${name} is not set. Deploy again: npm run infra:deploy`);
  return value;
}

/** Writes one JSON object per line, as CloudWatch Logs Insights expects it. */
function log(event: string, detail: Record<string, unknown>): void {
  write(JSON.stringify({ at: new Date().toISOString(), event, ...detail }));
}

/** Not `console`: Lambda prefixes its lines with time and request id, and CloudWatch then finds no metrics in them. */
function write(line: string): void {
  process.stdout.write(`${line}\n`);
}
