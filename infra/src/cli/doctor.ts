import { CloudFrontClient } from "@aws-sdk/client-cloudfront";
import type { Command } from "commander";
import { diagnose, type Finding } from "../doctor/diagnose.ts";
import { type Facts, gatherFacts } from "../doctor/facts.ts";
import { mendFinding } from "../doctor/mend.ts";
import type { OperationContext } from "../operations/context.ts";
import { createProgress } from "../release/progress.ts";
import { nextCommand } from "./next-command.ts";
import { CommandFailed, type Io } from "./run-command-line.ts";
import { actorName, withSession } from "./session.ts";

interface DoctorArguments {
  fix?: boolean;
  json?: boolean;
}

/** `lockstep doctor` */
export function addDoctor(program: Command, io: Io): void {
  program
    .command("doctor")
    .description("compares the ledger with everything it speaks of; names each difference and its risk")
    .option("--fix", "mend what is safe to mend; the rest is only told")
    .option("--json", "for machines")
    .addHelpText("after", "\nExamples:\n  npm run lockstep -- doctor\n  npm run lockstep -- doctor --fix")
    .action((options: DoctorArguments) => examine(options, io));
}

async function examine({ fix = false, json = false }: DoctorArguments, io: Io): Promise<void> {
  const progress = createProgress({ write: json ? io.error : io.out, color: io.color, now: Date.now });
  const cloudfront = new CloudFrontClient({ region: "us-east-1" });
  try {
    await withSession(async (session) => {
      const context: OperationContext = { ...session, progress, actor: actorName(io.environment) };
      let facts = await look(context, cloudfront);
      let findings = diagnose(facts, context.config);
      const mended: string[] = [];
      // A mend may bring the next thing to light: a restored ledger has a map and stacks to be compared with.
      for (let round = 0; fix && round < ROUNDS && findings.some(({ mend }) => mend !== undefined); round++) {
        mended.push(...(await mendAll(findings, facts, context)));
        facts = await look(context, cloudfront);
        findings = diagnose(facts, context.config);
      }
      if (json) io.out(`${JSON.stringify({ revision: facts.ledger.revision, mended, findings })}\n`);
      else io.out(`\n${report(facts, findings, mended, io.environment)}`);
      if (findings.length > 0) throw new CommandFailed();
    });
  } finally {
    cloudfront.destroy();
  }
}

const ROUNDS = 3;

function look(context: OperationContext, cloudfront: CloudFrontClient): Promise<Facts> {
  return context.progress.step("Look at everything", async ({ note }) => {
    const facts = await gatherFacts(context, cloudfront);
    const { ledger, stacks, services, rules, objects } = facts;
    note(
      `ledger revision ${ledger.revision}; versions ${Object.keys(ledger.versions).length}, stacks ${stacks.size}, services ${services.size}, rules ${rules.size}, files ${objects.size}`,
    );
    return facts;
  });
}

/** One after the other: what comes first is what the others rest on. */
async function mendAll(
  findings: readonly Finding[],
  facts: Facts,
  context: OperationContext,
): Promise<string[]> {
  const done: string[] = [];
  for (const { code, mend } of findings) {
    if (mend === undefined) continue;
    const mending = context.progress.step(`Mend ${code}`, async ({ note }) => {
      const outcome = await mendFinding(mend, facts, context);
      note(outcome);
      done.push(outcome);
    });
    await mending.catch(() => undefined); // the step has told it, and the next look names what is left
  }
  return done;
}

function report(
  { ledger }: Facts,
  findings: readonly Finding[],
  mended: readonly string[],
  environment: NodeJS.ProcessEnv,
): string {
  const next = (command: string) => nextCommand(command, environment);
  const healthy = `Everything is as the ledger says (revision ${ledger.revision}, current ${ledger.current ?? "nothing"}).`;
  if (findings.length === 0) return `${healthy}\nNext: ${next("npm run lockstep -- versions")}\n`;
  const head = `${findings.length} ${findings.length === 1 ? "thing is" : "things are"} not as the ledger says${mended.length > 0 ? ", after what was mended" : ""}:`;
  const fixable = findings.some(({ mend }) => mend !== undefined);
  const lines = findings.flatMap(({ code, what, risk, mend, next: command }) => [
    `  ${code}  ${what}`,
    `    risk: ${risk}`,
    `    mend: ${mend === undefined ? next(command ?? "npm run lockstep -- versions") : next("npm run lockstep -- doctor --fix")}`,
  ]);
  const first = fixable
    ? "npm run lockstep -- doctor --fix"
    : (findings[0]?.next ?? "npm run lockstep -- versions");
  return `${[head, ...lines].join("\n")}\nNext: ${next(first)}\n`;
}
