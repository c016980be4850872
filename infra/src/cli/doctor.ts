import { CloudFrontClient } from "@aws-sdk/client-cloudfront";
import type { Command } from "commander";
import { formatCount } from "../base/format.ts";
import { diagnose, type Finding } from "../doctor/diagnose.ts";
import { type Facts, gatherFacts } from "../doctor/facts.ts";
import { applyFix } from "../doctor/fix.ts";
import type { OperationContext } from "../versions/context.ts";
import { CommandFailed, type Io } from "./run-command-line.ts";
import { actorName, withSession } from "./session.ts";
import { nextCommand } from "./view/next-command.ts";
import { createProgress } from "./view/progress.ts";

interface DoctorArguments {
  fix?: boolean;
  json?: boolean;
}

/** `lockstep doctor` */
export function addDoctor(program: Command, io: Io): void {
  program
    .command("doctor")
    .description("compare all resources with the ledger, and show each difference and its risk")
    .option("--fix", "fix what can be fixed safely, and report the rest")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExamples:\n  npm run lockstep -- doctor\n  npm run lockstep -- doctor --fix")
    .action((options: DoctorArguments) => runDoctor(options, io));
}

/** A fix can reveal the next finding: after the ledger is restored, map and stacks are compared with it. */
const MAX_ROUNDS = 3;

async function runDoctor({ fix = false, json = false }: DoctorArguments, io: Io): Promise<void> {
  const progress = createProgress({
    write: json ? io.error : io.out,
    color: io.color,
    now: Date.now,
    environment: io.environment,
  });
  const cloudfront = new CloudFrontClient({ region: "us-east-1" });
  try {
    await withSession(async (session) => {
      const context: OperationContext = { ...session, progress, actor: actorName(io.environment) };
      let facts = await readFacts(context, cloudfront);
      let findings = diagnose(facts, context.config);
      const fixed: string[] = [];
      for (let round = 0; fix && round < MAX_ROUNDS && findings.some(isFixable); round++) {
        fixed.push(...(await fixAll(findings, facts, context)));
        facts = await readFacts(context, cloudfront);
        findings = diagnose(facts, context.config);
      }
      const { revision } = facts.ledger;
      if (json)
        io.out(`${JSON.stringify({ revision, fixed, findings: toJson(findings, io.environment) })}\n`);
      else io.out(`\n${findingsText(facts, findings, fixed, io.environment)}`);
      if (findings.length > 0) throw new CommandFailed();
    });
  } finally {
    cloudfront.destroy();
  }
}

function isFixable({ fix }: Finding): boolean {
  return fix !== undefined;
}

function readFacts(context: OperationContext, cloudfront: CloudFrontClient): Promise<Facts> {
  return context.progress.step("Read all resources", async ({ note }) => {
    const facts = await gatherFacts(context, cloudfront);
    const { ledger, stacks, services, rules, objects } = facts;
    note(
      `ledger revision ${ledger.revision}; versions ${Object.keys(ledger.versions).length}, stacks ${stacks.size}, services ${services.size}, rules ${rules.size}, files ${objects.size}`,
    );
    return facts;
  });
}

/** Applies fixes in order, because later ones depend on earlier ones. @returns what was done, as text */
async function fixAll(
  findings: readonly Finding[],
  facts: Facts,
  context: OperationContext,
): Promise<string[]> {
  const fixed: string[] = [];
  for (const { code, fix } of findings) {
    if (fix === undefined) continue;
    const step = context.progress.step(`Fix ${code}`, async ({ note }) => {
      const result = await applyFix(fix, facts, context);
      note(result);
      fixed.push(result);
    });
    await step.catch(() => undefined); // the step shows the failure, and the finding remains
  }
  return fixed;
}

/** The findings for `--json`, with their commands as the user should type them. */
export function toJson(findings: readonly Finding[], environment: NodeJS.ProcessEnv): Finding[] {
  return findings.map(({ next, ...finding }) => ({
    ...finding,
    ...(next !== undefined && { next: nextCommand(next, environment) }),
  }));
}

function findingsText(
  { ledger }: Facts,
  findings: readonly Finding[],
  fixed: readonly string[],
  environment: NodeJS.ProcessEnv,
): string {
  const next = (command: string) => nextCommand(command, environment);
  const [worst] = findings;
  if (worst === undefined)
    return `All resources match the ledger (revision ${ledger.revision}, current ${ledger.current ?? "none"}).\nNext: ${next("npm run lockstep -- versions")}\n`;
  const match = findings.length === 1 ? "does not match" : "do not match";
  const head = `${formatCount(findings.length, "resource")} ${match} the ledger${fixed.length > 0 ? " after the fixes" : ""}:`;
  const lines = findings.flatMap((finding) => [
    `  ${finding.code}  ${finding.what}`,
    `    risk: ${finding.risk}`,
    `    fix: ${next(fixCommand(finding))}`,
  ]);
  const first = findings.find(isFixable) ?? worst;
  return `${[head, ...lines].join("\n")}\nNext: ${next(fixCommand(first))}\n`;
}

function fixCommand({ fix, next = "npm run lockstep -- versions" }: Finding): string {
  return fix === undefined ? next : "npm run lockstep -- doctor --fix";
}
