import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { look } from "../janitor/look.ts";
import type { RetirementPlan } from "../janitor/plan-retirement.ts";
import type { JanitorReport } from "../janitor/run-janitor.ts";
import { LockstepError } from "../lifecycle/lockstep-error.ts";
import { describePlan, describeReport } from "./janitor-words.ts";
import { nextCommand } from "./next-command.ts";
import { CommandFailed, type Io } from "./run-command-line.ts";
import { withSession } from "./session.ts";

/** `lockstep janitor plan`: what the janitor would do now, and why. Changes nothing. */
export async function showPlan({ json }: { json?: boolean }, io: Io): Promise<void> {
  await withSession(async (session) => {
    const { plan } = await look(session);
    if (json) io.out(`${JSON.stringify(plan)}\n`);
    else
      io.out(
        `${describePlan(plan, session.clock.now())}Next: ${nextCommand("npm run lockstep -- janitor run", io.environment)}\n`,
      );
  });
}

/** `lockstep janitor run`: starts the Lambda and waits for its report. */
export async function runNow({ json }: { json?: boolean }, io: Io): Promise<void> {
  await withSession(async ({ config, outputs, clock }) => {
    const report = await invoke(outputs.janitorFunctionName, config.region);
    if (json) io.out(`${JSON.stringify(report)}\n`);
    else
      io.out(
        `${describeReport(report, clock.now())}Next: ${nextCommand("npm run lockstep -- versions", io.environment)}\n`,
      );
    if (report.failed.length > 0) throw new CommandFailed();
  });
}

async function invoke(functionName: string, region: string): Promise<JanitorReport> {
  // One try: an answer that takes minutes is no failure, and a second run beside the first gains nothing.
  const lambda = new LambdaClient({ region, maxAttempts: 1 });
  try {
    const payload = JSON.stringify({ report: true } satisfies { report: true });
    const answer = await lambda.send(new InvokeCommand({ FunctionName: functionName, Payload: payload }));
    const text = answer.Payload?.transformToString() ?? "";
    if (answer.FunctionError !== undefined)
      throw new LockstepError("JANITOR_FAILED", `${functionName}: ${errorMessage(text)}`);
    return JSON.parse(text) as JanitorReport & { plan: RetirementPlan };
  } finally {
    lambda.destroy();
  }
}

/** What Lambda answers for a function that threw: `{"errorType", "errorMessage", "trace"}`. */
function errorMessage(text: string): string {
  try {
    return (JSON.parse(text) as { errorMessage?: string }).errorMessage ?? text;
  } catch {
    return text;
  }
}
