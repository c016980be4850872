import { CUT, FAULT_ERRORS } from "./fault-errors.ts";

/**
 * A rule that makes a client's calls fail or delays them. Its text is one line:
 *
 *     ssm:PutParameter error=throttling rate=0.3 delay=500ms when=after times=1
 */
export interface FaultRule {
  /** The text of the rule. */
  text: string;
  /** `<service>:<action>`; `*` matches any characters. */
  operation: string;
  /**
   * The error: a kind (`throttling`, …), AWS's own name, or `cut` for no response. Without it, the rule only delays.
   */
  error?: string;
  /** Fraction of the calls that fail, above 0 and up to 1. Default 1. */
  rate: number;
  /** Additional latency, in milliseconds. Default 0. */
  delayMs: number;
  /**
   * `before`: the call is not carried out. `after`: it is carried out, then the client gets the error. Default
   * `before`.
   */
  when: "before" | "after";
  /** Maximum number of times that the rule fires. Default unlimited. */
  times: number;
}

/** An invalid rule. The message contains the valid values. */
export class FaultRuleError extends Error {
  override readonly name = "FaultRuleError";
}

const EXAMPLE = "Example: ssm:PutParameter error=throttling rate=0.3 delay=500ms when=after times=1";
const OPTIONS = ["error", "rate", "delay", "when", "times"];
/** Longer than any client's timeout. */
const LONGEST_DELAY_MS = 10 * 60_000;

/**
 * Parses one rule.
 *
 * @throws FaultRuleError with the invalid part and its valid values
 */
export function parseFaultRule(text: string): FaultRule {
  const [operation = "", ...parts] = text.trim().split(/\s+/);
  if (!/^[a-z0-9*-]+:[A-Za-z0-9*]+$/.test(operation))
    throw refusal(text, `"${operation}" is not <service>:<action>, with * for any characters`);
  const options = readOptions(text, parts);
  // `when=after` without an error carries the call out and cuts the connection.
  const error = options.error ?? (options.when === "after" ? CUT : undefined);
  const rule: FaultRule = {
    text: text.trim().replace(/\s+/g, " "),
    operation,
    ...(error !== undefined && { error: oneOf(text, "error", error, FAULT_ERRORS) }),
    rate: rateOf(text, options.rate),
    delayMs: delayOf(text, options.delay),
    when: oneOf(text, "when", options.when ?? "before", ["before", "after"] as const),
    times: timesOf(text, options.times),
  };
  if (rule.error === undefined && rule.delayMs === 0) throw refusal(text, "it has neither error nor delay");
  return rule;
}

function readOptions(text: string, parts: readonly string[]): Record<string, string | undefined> {
  const options: Record<string, string> = {};
  for (const part of parts) {
    const [name = "", value] = part.split(/=(.*)/s);
    if (!OPTIONS.includes(name) || !value)
      throw refusal(text, `"${part}" is not one of ${OPTIONS.map((option) => `${option}=…`).join(", ")}`);
    if (Object.hasOwn(options, name)) throw refusal(text, `${name} occurs twice`);
    options[name] = value;
  }
  return options;
}

function oneOf<Word extends string>(text: string, name: string, value: string, words: readonly Word[]): Word {
  const word = words.find((each) => each === value);
  if (word === undefined) throw refusal(text, `${name}=${value} is not one of ${words.join(", ")}`);
  return word;
}

function rateOf(text: string, value = "1"): number {
  const rate = Number(value);
  if (rate > 0 && rate <= 1) return rate;
  throw refusal(text, `rate=${value} is not a number above 0 and up to 1`);
}

function delayOf(text: string, value = "0ms"): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(value) ?? [];
  const ms = Number(amount) * (unit === "s" ? 1000 : 1);
  if (ms <= LONGEST_DELAY_MS) return ms;
  throw refusal(text, `delay=${value} is not a time up to 10 minutes, like 500ms or 2s`);
}

function timesOf(text: string, value: string | undefined): number {
  if (value === undefined) return Number.POSITIVE_INFINITY;
  const times = Number(value);
  if (Number.isInteger(times) && times >= 1) return times;
  throw refusal(text, `times=${value} is not a whole number of at least 1`);
}

/**
 * @param text the rule
 * @param why the problem
 */
export function refusal(text: string, why: string): FaultRuleError {
  return new FaultRuleError(`Invalid fault rule "${text.trim()}": ${why}. ${EXAMPLE}`);
}
