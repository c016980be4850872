import { AwsError } from "../../../aws-error.ts";
import type { Cloud, Scope } from "../../../cloud.ts";

const REFERENCE = /\{\{resolve:(ssm|ssm-secure|secretsmanager):([^{}]*)\}\}/g;
const ANY_REFERENCE = /\{\{resolve:([^:{}]*):/;

/**
 * Resolves every `{{resolve:…}}` in a value: `ssm:<name>[:<version>]` and `secretsmanager:<name or
 * arn>[:SecretString[:<json key>[:<stage>[:<version id>]]]]`.
 */
export async function resolveDynamicReferences(value: unknown, cloud: Cloud, scope: Scope): Promise<unknown> {
  if (typeof value === "string") return resolveText(value, cloud, scope);
  if (Array.isArray(value))
    return Promise.all(value.map((each) => resolveDynamicReferences(each, cloud, scope)));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(
    async ([key, each]) => [key, await resolveDynamicReferences(each, cloud, scope)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function resolveText(text: string, cloud: Cloud, scope: Scope): Promise<string> {
  if (!text.includes("{{resolve:")) return text;
  let result = "";
  let end = 0;
  for (const match of text.matchAll(REFERENCE)) {
    result += text.slice(end, match.index);
    const [whole, service, argument] = match as unknown as [string, string, string];
    if (service === "secretsmanager") result += await readSecret(argument, cloud, scope);
    else if (service === "ssm") result += await readParameter(argument, cloud, scope);
    else throw refused(`${whole}: the local AWS does not support ssm-secure; use secretsmanager`);
    end = match.index + whole.length;
  }
  result += text.slice(end);
  const left = ANY_REFERENCE.exec(text.slice(end));
  if (left !== null)
    throw refused(`a reference to "${left[1]}" is malformed or not supported; use ssm or secretsmanager`);
  return result;
}

async function readParameter(argument: string, cloud: Cloud, scope: Scope): Promise<string> {
  const { Parameter: parameter } = await cloud.call("ssm", "GetParameter", { Name: argument }, scope);
  return parameter.Value;
}

async function readSecret(argument: string, cloud: Cloud, scope: Scope): Promise<string> {
  const { id, rest } = splitSecret(argument);
  const [kind = "SecretString", key = "", stage = "", version = ""] = rest;
  if (kind !== "SecretString" && kind !== "")
    throw refused(`secretsmanager:${argument}: only SecretString is supported`);
  const input = {
    SecretId: id,
    ...(stage === "" ? {} : { VersionStage: stage }),
    ...(version === "" ? {} : { VersionId: version }),
  };
  const { SecretString: secret } = await cloud.call("secretsmanager", "GetSecretValue", input, scope);
  if (key === "") return secret;
  const value = parseSecret(secret, id)[key];
  if (value === undefined) throw refused(`Could not find the key ${key} in the secret ${id}`);
  return String(value);
}

/** Splits the reference to a secret. An ARN itself contains six colons. */
function splitSecret(argument: string): { id: string; rest: string[] } {
  const parts = argument.split(":");
  const own = argument.startsWith("arn:") ? 7 : 1;
  return { id: parts.slice(0, own).join(":"), rest: parts.slice(own) };
}

function parseSecret(secret: string, id: string): Record<string, unknown> {
  try {
    return JSON.parse(secret);
  } catch {
    throw refused(`the secret ${id} is not JSON, so it has no keys`);
  }
}

function refused(message: string): AwsError {
  return new AwsError("ValidationError", `Could not resolve a dynamic reference: ${message}`);
}
