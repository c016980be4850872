import type { Command } from "commander";
import { formatMoment } from "../base/format.ts";
import { type PromoteResult, promoteVersion, rollback } from "../operations/promote.ts";
import { type RecallResult, type RecallTarget, recallVersions } from "../operations/recall.ts";
import { retireVersion } from "../operations/retire-version.ts";
import type { OperationContext } from "../versions/context.ts";
import { type Retirement, UNFINISHED_TEXT } from "../versions/retire.ts";
import type { Io } from "./run-command-line.ts";
import { actorName, withSession } from "./session.ts";
import { versionArgument } from "./version-argument.ts";
import { nextCommandsIn } from "./view/next-command.ts";
import { createProgress } from "./view/progress.ts";

interface OperationArguments {
  reason?: string;
  json?: boolean;
}

/** `lockstep promote`, `rollback`, `recall` and `retire` */
export function addOperations(program: Command, io: Io): void {
  const common = (command: Command) =>
    command
      .option("--reason <text>", "why; recorded in the history")
      .option("--json", "print the result as JSON; progress goes to standard error");

  common(program.command("promote"))
    .description("make a running version current, without a build")
    .argument("<id>", "the version", versionArgument)
    .addHelpText("after", "\nExample:\n  npm run lockstep -- promote 20261122-101500-1f3a9c2")
    .action((id: string, options: OperationArguments) =>
      operate(options, io, async (context) => promotedOutput(await promoteVersion(id, context), context)),
    );
  common(program.command("rollback"))
    .description("make the previous version current again, or the given one; takes seconds")
    .argument(
      "[id]",
      "the version; default: the most recently current of the older versions that still run",
      versionArgument,
    )
    .addHelpText(
      "after",
      '\nExamples:\n  npm run lockstep -- rollback\n  npm run lockstep -- rollback --reason "checkout fails"',
    )
    .action((id: string | undefined, options: OperationArguments) =>
      operate(options, io, async (context) => promotedOutput(await rollback(id, context), context)),
    );
  addRecall(common(program.command("recall")), io);
  common(program.command("retire"))
    .description("retire an unused version, as the janitor would")
    .argument("<id>", "the version", versionArgument)
    .addHelpText("after", "\nExample:\n  npm run lockstep -- retire 20261122-101500-1f3a9c2")
    .action((id: string, options: OperationArguments) =>
      operate(options, io, async (context) => retiredOutput(id, await retireVersion(id, context))),
    );
}

interface RecallArguments extends OperationArguments {
  below?: string;
  only?: string;
  wait: boolean;
}

function addRecall(command: Command, io: Io): void {
  command
    .description("force open pages off versions: their next request is answered with 409 (gone)")
    .option("--below <id>", "all versions older than this one", versionArgument)
    .option("--only <id>", "this version", versionArgument)
    .option("--no-wait", "do not wait until the load balancer counts no more requests")
    .addHelpText(
      "after",
      "\nExamples:\n  npm run lockstep -- recall --only 20261122-101500-1f3a9c2\n  npm run lockstep -- recall --below 20261122-101500-1f3a9c2",
    )
    .action((options: RecallArguments) => {
      const target = targetOf(options);
      if (target === undefined) command.error("error: use either --below <id> or --only <id>");
      return operate(options, io, async (context) =>
        recalledOutput(await recallVersions(target!, { ...context, wait: options.wait })),
      );
    });
}

function targetOf({ below, only }: RecallArguments): RecallTarget | undefined {
  if (below !== undefined) return only === undefined ? { below } : undefined;
  return only === undefined ? undefined : { only };
}

/** The final output of a command. */
interface Output {
  json: object;
  text: string;
  /** The suggested next command. */
  next: string;
}

async function operate(
  { reason, json = false }: OperationArguments,
  io: Io,
  work: (context: OperationContext) => Promise<Output>,
): Promise<void> {
  const progress = createProgress({
    write: json ? io.error : io.out,
    color: io.color,
    now: Date.now,
    environment: io.environment,
  });
  await withSession(async (session) => {
    const output = await work({ ...session, progress, actor: actorName(io.environment), reason });
    if (json) io.out(`${JSON.stringify(output.json)}\n`);
    else io.out(`\n${nextCommandsIn(`${output.text}\nNext: ${output.next}`, io.environment)}\n`);
  });
}

function promotedOutput(result: PromoteResult, { clock, config }: OperationContext): Output {
  const { id, previous, already, page, origin, ledger } = result;
  const json = { current: ledger.current, id, previous, page, origin };
  const output = (text: string): Output => ({ json, text, next: "npm run lockstep -- versions" });
  if (already) return output(`${id} was already current.`);
  if (page === "overtaken") return output(`${id} was promoted; another version has been promoted since.`);
  if (previous === undefined) return output(`${id} is now live at ${origin}/.`);
  const now = clock.now();
  const until = formatMoment(now + config.protection.windowSeconds * 1000, now);
  return output(
    `${id} is now live at ${origin}/.\nOpen pages of ${previous} keep using it until ${until} at the latest. To force them off it for good: npm run lockstep -- recall --only ${previous}`,
  );
}

function retiredOutput(id: string, result: Retirement): Output {
  const next = "npm run lockstep -- versions";
  if (result === "retired") return { json: { id, outcome: result }, text: `${id} is retired.`, next };
  const text = `${id}: ${UNFINISHED_TEXT[result]}; the janitor continues.`;
  return { json: { id, outcome: "unfinished", why: result }, text, next };
}

function recalledOutput({ recalled, floor, stillRequested }: RecallResult): Output {
  const next = "npm run lockstep -- versions";
  if (recalled.length === 0)
    return { json: { recalled, floor }, text: "No running versions matched; nothing was recalled.", next };
  const text = [
    `Recalled: ${recalled.join(", ")}. The next request of each open page is answered with 409 (gone). The janitor removes the tasks.`,
    ...recalled.map((id) => `  ${id}: ${stillRequestedText(id, stillRequested)}`),
  ].join("\n");
  return { json: { recalled, floor, stillRequested }, text, next };
}

function stillRequestedText(id: string, counts: RecallResult["stillRequested"]): string {
  if (!Object.hasOwn(counts, id)) return "its remaining requests were not counted";
  const count = counts[id];
  if (count === undefined) return "unknown whether it still receives requests: CloudWatch returned no count";
  return count === 0 ? "receives no more requests" : `still receives ${count} requests a minute`;
}
