import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import type { Command } from "commander";
import { look } from "../janitor/look.ts";
import type { JanitorReport } from "../janitor/run-janitor.ts";
import { LockstepError } from "../lifecycle/lockstep-error.ts";
import { describePlan, describeReport } from "./janitor-words.ts";
import { nextCommand } from "./next-command.ts";
import { CommandFailed, type Io } from "./run-command-line.ts";
import { withSession } from "./session.ts";

/** `janitor plan`, `janitor run` */
export function addJanitor(program: Command, io: Io): void {
  const janitor = program
    .command("janitor")
    .description("what retires versions that nobody needs")
    .addHelpText(
      "after",
      "\nExamples:\n  npm run lockstep -- janitor plan\n  npm run lockstep -- janitor run",
    );
  janitor
    .command("plan")
    .description("says what the janitor would do now, and why; changes nothing")
    .option("--json", "for machines")
    .addHelpText("after", "\nExample:\n  npm run lockstep -- janitor plan")
    .action((options) => showPlan(options, io));
  janitor
    .command("run")
    .description("runs the janitor now and says what it did")
    .option("--json", "for machines")
    .addHelpText("after", "\nExample:\n  npm run lockstep -- janitor run")
    .action((options) => runNow(options, io));
}

async function showPlan({ json }: { json?: boolean }, io: Io): Promise<void> {
  await withSession(async (session) => {
    const { plan, costs, unread } = await look(session);
    if (json) io.out(`${JSON.stringify({ ...plan, costs, unread })}\n`);
    else
      io.out(
        `${describePlan({ plan, costs, unread }, session.clock.now())}Next: ${nextCommand("npm run lockstep -- janitor run", io.environment)}\n`,
      );
  });
}

/** Starts the Lambda and waits for its report. */
async function runNow({ json }: { json?: boolean }, io: Io): Promise<void> {
  await withSession(async ({ config, outputs, clock }) => {
    const report = await invoke(outputs.janitorFunctionName, config.region);
    if (report.mode === "off")
      throw new LockstepError("JANITOR_OFF", `${outputs.janitorFunctionName} was deployed with it.`);
    if (json) io.out(`${JSON.stringify(report)}\n`);
    else
      io.out(
        `${describeReport(report, clock.now())}Next: ${nextCommand("npm run lockstep -- versions", io.environment)}\n`,
      );
    if (report.failed.length > 0) throw new CommandFailed();
  });
}

async function invoke(functionName: string, region: string): Promise<JanitorReport | { mode: "off" }> {
  // One try: an answer that takes minutes is no failure, and a second run beside the first gains nothing.
  const lambda = new LambdaClient({ region, maxAttempts: 1 });
  try {
    const payload = JSON.stringify({ report: true } satisfies { report: true });
    const answer = await lambda.send(new InvokeCommand({ FunctionName: functionName, Payload: payload }));
    const text = answer.Payload?.transformToString() ?? "";
    if (answer.FunctionError !== undefined)
      throw new LockstepError("JANITOR_FAILED", `${functionName}: ${errorMessage(text)}`);
    return JSON.parse(text) as JanitorReport | { mode: "off" };
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
