import type { Command } from "commander";
import { formatMoment } from "../janitor/words.ts";
import type { OperationContext } from "../operations/context.ts";
import { type PromoteResult, promoteVersion, rollback } from "../operations/promote.ts";
import { type RecallResult, type RecallTarget, recallVersions } from "../operations/recall.ts";
import { retireVersion } from "../operations/retire-version.ts";
import { createProgress } from "../release/progress.ts";
import { nextCommand } from "./next-command.ts";
import type { Io } from "./run-command-line.ts";
import { actorName, withSession } from "./session.ts";
import { versionArgument } from "./version-argument.ts";

interface OperationArguments {
  reason?: string;
  json?: boolean;
}

/** `promote`, `rollback`, `recall`, `retire`: what an operator does with versions that are there. */
export function addOperations(program: Command, io: Io): void {
  const common = (command: Command) =>
    command
      .option("--reason <text>", "why, for the history")
      .option("--json", "print the result as JSON; progress goes to standard error");

  common(program.command("promote"))
    .description("makes a version that still runs the one that new pages get, without a build")
    .argument("<id>", "the version", versionArgument)
    .addHelpText("after", "\nExample:\n  npm run lockstep -- promote 20261122-101500-1f3a9c2")
    .action((id: string, options: OperationArguments) =>
      operate(options, io, async (context) => tellPromoted(await promoteVersion(id, context), context)),
    );
  common(program.command("rollback"))
    .description("goes back to the version that was current before, or to the one that is named, in seconds")
    .argument(
      "[id]",
      "the version; default: the older one that was current last and still runs",
      versionArgument,
    )
    .addHelpText(
      "after",
      '\nExamples:\n  npm run lockstep -- rollback\n  npm run lockstep -- rollback --reason "checkout fails"',
    )
    .action((id: string | undefined, options: OperationArguments) =>
      operate(options, io, async (context) => tellPromoted(await rollback(id, context), context)),
    );
  addRecall(common(program.command("recall")), io);
  common(program.command("retire"))
    .description("retires a version that nobody needs any more, as the janitor would")
    .argument("<id>", "the version", versionArgument)
    .addHelpText("after", "\nExample:\n  npm run lockstep -- retire 20261122-101500-1f3a9c2")
    .action((id: string, options: OperationArguments) =>
      operate(options, io, async (context) => {
        const outcome = await retireVersion(id, context);
        const text =
          outcome === "retired" ? `${id} is retired.` : `${id}: ${outcome}; the janitor goes on with it.`;
        return { json: { id, outcome }, text, next: "npm run lockstep -- versions" };
      }),
    );
}

interface RecallArguments extends OperationArguments {
  below?: string;
  only?: string;
  wait: boolean;
}

function addRecall(command: Command, io: Io): void {
  command
    .description("forces pages off versions: at their next request they are told that their version is gone")
    .option("--below <id>", "all versions older than this one", versionArgument)
    .option("--only <id>", "this version", versionArgument)
    .option("--no-wait", "do not watch until the load balancer counts no request any more")
    .addHelpText(
      "after",
      "\nExamples:\n  npm run lockstep -- recall --only 20261122-101500-1f3a9c2\n  npm run lockstep -- recall --below 20261122-101500-1f3a9c2",
    )
    .action((options: RecallArguments) => {
      const target = targetOf(options);
      if (target === undefined)
        command.error("error: name the versions by one of --below <id> and --only <id>");
      return operate(options, io, async (context) =>
        tellRecalled(await recallVersions(target!, { ...context, wait: options.wait })),
      );
    });
}

function targetOf({ below, only }: RecallArguments): RecallTarget | undefined {
  if (below !== undefined) return only === undefined ? { below } : undefined;
  return only === undefined ? undefined : { only };
}

/** What a command says when it is done. */
interface Told {
  json: object;
  text: string;
  /** The command to go on with. */
  next: string;
}

async function operate(
  { reason, json = false }: OperationArguments,
  io: Io,
  work: (context: OperationContext) => Promise<Told>,
): Promise<void> {
  const progress = createProgress({ write: json ? io.error : io.out, color: io.color, now: Date.now });
  await withSession(async (session) => {
    const told = await work({ ...session, progress, actor: actorName(io.environment), reason });
    if (json) io.out(`${JSON.stringify(told.json)}\n`);
    else io.out(`\n${told.text}\nNext: ${nextCommand(told.next, io.environment)}\n`);
  });
}

function tellPromoted(result: PromoteResult, { clock, config }: OperationContext): Told {
  const { id, previous, already, page, origin, ledger } = result;
  const json = { current: ledger.current, id, previous, page, origin };
  const tell = (text: string): Told => ({ json, text, next: "npm run lockstep -- versions" });
  if (already) return tell(`${id} is current, as it was.`);
  if (page === "overtaken") return tell(`${id} was current; another version has become current since.`);
  if (previous === undefined) return tell(`Current is ${id} at ${origin}/.`);
  const now = clock.now();
  const until = formatMoment(now + config.protection.windowSeconds * 1000, now);
  return tell(
    `Current is ${id} at ${origin}/. Pages of ${previous} keep talking to it, at most until ${until}; \`recall --only\` would force them off it, for good.`,
  );
}

function tellRecalled({ recalled, floor, stillAsking }: RecallResult): Told {
  const next = "npm run lockstep -- versions";
  if (recalled.length === 0)
    return { json: { recalled, floor }, text: "Nothing that still runs had to be recalled.", next };
  const text = [
    `Recalled: ${recalled.join(", ")}. Pages are told so at their next request; the janitor takes apart what it runs on.`,
    ...recalled.map((id) => `  ${id}: ${stillAskingWords(id, stillAsking)}`),
  ].join("\n");
  return { json: { recalled, floor, stillAsking }, text, next };
}

function stillAskingWords(id: string, counts: RecallResult["stillAsking"]): string {
  if (!Object.hasOwn(counts, id)) return "not watched";
  const count = counts[id];
  if (count === undefined) return "whether a request still reaches it is unknown: CloudWatch did not say";
  return count === 0 ? "no request reaches it any more" : `${count} requests a minute still reach it`;
}
