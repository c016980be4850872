import type { IncomingMessage, ServerResponse } from "node:http";
import { FaultRuleError } from "./fault-rule.ts";
import type { Faults } from "./faults.ts";

/** Path at which rules are read and changed while the local AWS runs. */
const FAULTS_PATH = "/_local/faults";

/**
 * Serves the rules over HTTP, one per line; `#` begins a comment:
 *
 *     GET      returns the rules, and how often each has fired
 *     PUT      replaces all rules
 *     DELETE   removes all rules
 */
export function faultControl(faults: Faults) {
  return {
    prefix: FAULTS_PATH,
    async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
      const { status, body } = await answer(faults, request);
      response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(body);
    },
  };
}

async function answer(faults: Faults, request: IncomingMessage): Promise<{ status: number; body: string }> {
  const { method } = request;
  if (method !== "GET" && method !== "PUT" && method !== "DELETE")
    return { status: 405, body: `${FAULTS_PATH} accepts GET, PUT and DELETE.\n` };
  try {
    if (method === "PUT") faults.set(await readRules(request));
    if (method === "DELETE") faults.set([]);
  } catch (error) {
    if (!(error instanceof FaultRuleError)) throw error;
    return { status: 400, body: `${error.message}\nNo rule was changed.\n` };
  }
  return { status: 200, body: describe(faults) };
}

async function readRules(request: IncomingMessage): Promise<string[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const lines = Buffer.concat(chunks).toString("utf8").split("\n");
  return lines.map((line) => line.replace(/#.*/, "").trim()).filter((line) => line !== "");
}

/** Formats the rules as PUT accepts them. */
function describe(faults: Faults): string {
  const rules = faults.list();
  if (rules.length === 0) return "# no faults\n";
  const lines = rules.map(({ rule, fired }) => `${rule}  # fired ${fired} times`);
  return `${lines.join("\n")}\n# seed ${faults.seed}\n`;
}
