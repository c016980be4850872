import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import type { Command } from "commander";
import { LockstepError } from "../base/lockstep-error.ts";
import type { JanitorEvent } from "../janitor/handler.ts";
import { inspectVersions } from "../janitor/inspect.ts";
import type { JanitorReport } from "../janitor/run-janitor.ts";
import { CommandFailed, type Io } from "./run-command-line.ts";
import { withSession } from "./session.ts";
import { planText, reportText } from "./view/janitor-text.ts";
import { nextCommand } from "./view/next-command.ts";

/** `janitor plan`, `janitor run` */
export function addJanitor(program: Command, io: Io): void {
  const janitor = program
    .command("janitor")
    .description("the scheduled function that retires unused versions")
    .addHelpText(
      "after",
      "\nExamples:\n  npm run lockstep -- janitor plan\n  npm run lockstep -- janitor run",
    );
  janitor
    .command("plan")
    .description("show what the janitor would do now, and why; changes nothing")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  npm run lockstep -- janitor plan")
    .action((options) => showPlan(options, io));
  janitor
    .command("run")
    .description("run the janitor now and show what it did")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  npm run lockstep -- janitor run")
    .action((options) => runNow(options, io));
}

async function showPlan({ json }: { json?: boolean }, io: Io): Promise<void> {
  await withSession(async (session) => {
    const { plan, costs, unread } = await inspectVersions(session);
    if (json) io.out(`${JSON.stringify({ ...plan, costs, unread })}\n`);
    else
      io.out(
        `${planText({ plan, costs, unread }, session.clock.now())}Next: ${nextCommand("npm run lockstep -- janitor run", io.environment)}\n`,
      );
  });
}

/** Invokes the Lambda function and waits for its report. */
async function runNow({ json }: { json?: boolean }, io: Io): Promise<void> {
  await withSession(async ({ config, outputs, clock }) => {
    const report = await invoke(outputs.janitorFunctionName, config.region);
    if (report.mode === "off")
      throw new LockstepError(
        "JANITOR_OFF",
        `${outputs.janitorFunctionName} was deployed with this setting.`,
      );
    if (json) io.out(`${JSON.stringify(report)}\n`);
    else
      io.out(
        `${reportText(report, clock.now())}Next: ${nextCommand("npm run lockstep -- versions", io.environment)}\n`,
      );
    if (report.failed.length > 0) throw new CommandFailed();
  });
}

async function invoke(functionName: string, region: string): Promise<JanitorReport | { mode: "off" }> {
  // No retry: an answer can take minutes, and a second run at the same time gains nothing.
  const lambda = new LambdaClient({ region, maxAttempts: 1 });
  try {
    const payload = JSON.stringify({ report: true } satisfies JanitorEvent);
    const answer = await lambda.send(new InvokeCommand({ FunctionName: functionName, Payload: payload }));
    const text = answer.Payload?.transformToString() ?? "";
    if (answer.FunctionError !== undefined)
      throw new LockstepError("JANITOR_FAILED", `${functionName}: ${errorMessage(text)}`);
    return JSON.parse(text) as JanitorReport | { mode: "off" };
  } finally {
    lambda.destroy();
  }
}

/** Reads Lambda's answer for a function that threw: `{"errorType", "errorMessage", "trace"}`. */
function errorMessage(text: string): string {
  try {
    return (JSON.parse(text) as { errorMessage?: string }).errorMessage ?? text;
  } catch {
    return text;
  }
}
