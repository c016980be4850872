import type { z } from "zod";
import { ConfigError, type ConfigProblem } from "./config-error.ts";
import { type FieldHint, fieldsAt, hintAt } from "./field.ts";
import { completeProtection } from "./protection.ts";
import { brokenRelations } from "./relations.ts";
import {
  configSchema,
  defaultFileLifetimeSeconds,
  type LockstepConfig,
  type LockstepConfigInput,
} from "./schema.ts";

/**
 * Checks a configuration and fills in the defaults. A complete configuration is returned unchanged.
 *
 * @param file named in the error message
 * @throws ConfigError with every problem
 */
export function defineConfig(input: LockstepConfigInput, file?: string): LockstepConfig {
  const parsed = configSchema.safeParse(input);
  if (!parsed.success)
    throw new ConfigError(
      parsed.error.issues.flatMap((issue) => toProblems(issue, input)),
      file,
    );
  const { edge, files, protection } = parsed.data;
  const config: LockstepConfig = {
    ...parsed.data,
    protection: completeProtection(protection),
    edge: { ...edge, hostSuffix: edge.hostSuffix ?? `${parsed.data.app}.internal` },
    files: {
      lifetimeSeconds: files.lifetimeSeconds ?? defaultFileLifetimeSeconds(protection.windowSeconds),
    },
  };
  const broken = brokenRelations(config);
  if (broken.length > 0) throw new ConfigError(broken, file);
  return config;
}

function toProblems(issue: z.core.$ZodIssue, input: unknown): ConfigProblem[] {
  const hint = hintAt(configSchema, issue.path);
  const example = JSON.stringify(hint?.example ?? {});
  const expected = expectedBy(hint, valueAt(input, issue.path));
  const fields = fieldsAt(configSchema, issue.path);
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({
      path: formatPath([...issue.path, key]),
      expected: fields.length > 0 ? `one of the fields ${fields.join(", ")}` : expected,
      got: show(valueAt(input, [...issue.path, key])),
      example,
    }));
  return [
    {
      path: formatPath(issue.path) || "(the whole configuration)",
      expected,
      got: show(valueAt(input, issue.path)),
      example,
    },
  ];
}

function expectedBy(hint: FieldHint | undefined, got: unknown): string {
  if (hint === undefined) return "an object";
  return typeof hint.expected === "string" ? hint.expected : hint.expected(got);
}

function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    input,
  );
}

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
