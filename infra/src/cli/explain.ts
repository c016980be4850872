import { type Command, InvalidArgumentError } from "commander";
import { explain } from "../operations/explain.ts";
import type { ViewerRequest } from "../operations/explain-request.ts";
import { toFunctionRequest } from "./function-request.ts";
import type { Io } from "./run-command-line.ts";
import { withSession } from "./session.ts";
import { nextCommand } from "./view/next-command.ts";

type Pairs = [name: string, value: string][];

interface ExplainArguments {
  header: Pairs;
  cookie: Pairs;
  method: string;
  json?: boolean;
}

/** `lockstep explain` */
export function addExplain(program: Command, io: Io): void {
  program
    .command("explain")
    .description("show which version would answer a request, and why, step by step")
    .argument("<url>", "a URL, or its path and query", urlArgument)
    .option("--header <name=value>", "a header that the viewer sends; can be repeated", pairArgument, [])
    .option("--cookie <name=value>", "a cookie that the viewer sends; can be repeated", pairArgument, [])
    .option("--method <method>", "the HTTP method", "GET")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  npm run lockstep -- explain /api/orders
  npm run lockstep -- explain "https://shop.example.com/api/orders?lockstep=20261122-101500-1f3a9c2"
  npm run lockstep -- explain /api/orders --cookie __Host-lockstep=20261122-101500-1f3a9c2
  npm run lockstep -- explain / --header accept=text/html`,
    )
    .action((url: URL, options: ExplainArguments) =>
      showExplanation(toFunctionRequest(url, options), options, io),
    );
}

async function showExplanation(request: ViewerRequest, { json }: ExplainArguments, io: Io): Promise<void> {
  await withSession(async (session) => {
    const { steps, answer } = await explain(request, session);
    if (json) return io.out(`${JSON.stringify({ answer, steps })}\n`);
    const width = Math.max(...steps.map(({ where }) => where.length));
    const lines = steps.map(({ where, says }) => `  ${where.padEnd(width)}  ${says}`);
    io.out(
      `${request.method} ${request.uri}: ${answer}\n\n${lines.join("\n")}\n\nNext: ${nextCommand("npm run lockstep -- versions", io.environment)}\n`,
    );
  });
}

function urlArgument(value: string): URL {
  if (value.startsWith("/") || /^https?:\/\//.test(value)) {
    const url = URL.parse(value, "https://distribution.invalid");
    if (url !== null) return url;
  }
  throw new InvalidArgumentError('Not a URL. Use https://… or a path that starts with "/".');
}

function pairArgument(value: string, before: Pairs): Pairs {
  const [, name, text] = /^([^=:\s]+)\s*[=:]\s*(.*)$/s.exec(value) ?? [];
  if (name === undefined) throw new InvalidArgumentError("Use name=value.");
  return [...before, [name, text!]];
}
