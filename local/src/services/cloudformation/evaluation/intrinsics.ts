import { AwsError } from "../../../aws-error.ts";
import { isFunctionCall } from "../providers/properties.ts";
import { parseGetAtt, parseSub } from "../template/references.ts";
import { cidrBlocks } from "./cidr.ts";

/** Lookups that the functions of a template need. */
export interface Environment {
  /** Returns a parameter, a pseudo parameter or a resource's physical id. Throws for an unknown name. */
  ref(name: string): unknown;
  /** Throws for an unknown attribute. */
  attribute(logicalId: string, attribute: string): unknown;
  /** Returns the result of a named condition. */
  condition(name: string): boolean;
  mapping(map: string, first: string, second: string): unknown;
  /** Returns the value that another stack exports under a name. */
  imported(name: string): string;
  region: string;
}

type Intrinsic = (argument: any, environment: Environment) => unknown;

const INTRINSICS: Record<string, Intrinsic> = {
  Ref: (name, environment) => environment.ref(name),
  "Fn::GetAtt": getAtt,
  "Fn::Sub": sub,
  "Fn::Join": join,
  "Fn::Select": select,
  "Fn::Split": split,
  "Fn::If": (argument, environment) => {
    const [condition, yes, no] = listOf(argument, "Fn::If", 3);
    return evaluate(environment.condition(condition as string) ? yes : no, environment);
  },
  "Fn::FindInMap": (argument, environment) => {
    const keys = listOf(argument, "Fn::FindInMap", 3).map((key) => text(key, environment, "Fn::FindInMap"));
    return environment.mapping(keys[0]!, keys[1]!, keys[2]!);
  },
  "Fn::ImportValue": (argument, environment) =>
    environment.imported(text(argument, environment, "Fn::ImportValue")),
  "Fn::GetAZs": (argument, environment) => {
    const region = text(argument, environment, "Fn::GetAZs") || environment.region;
    return ["a", "b", "c"].map((zone) => region + zone);
  },
  "Fn::Base64": (argument, environment) =>
    Buffer.from(text(argument, environment, "Fn::Base64")).toString("base64"),
  "Fn::Cidr": (argument, environment) => {
    const [block, count, bits] = (argument as unknown[]).map((each) => evaluate(each, environment));
    return cidrBlocks(String(block), Number(count), bits === undefined ? undefined : Number(bits));
  },
};

/**
 * Replaces every function call in a template value by its result and removes members that are `AWS::NoValue`. Throws a
 * `ValidationError` for an unknown function.
 */
export function evaluate(value: unknown, environment: Environment): unknown {
  if (Array.isArray(value))
    return value.map((each) => evaluate(each, environment)).filter((each) => each !== undefined);
  if (typeof value !== "object" || value === null) return value;
  if (isFunctionCall(value)) {
    const [name, argument] = Object.entries(value)[0]!;
    const intrinsic = Object.hasOwn(INTRINSICS, name) ? INTRINSICS[name] : undefined;
    if (intrinsic === undefined) throw templateError(`the local AWS does not support the function ${name}`);
    return intrinsic(argument, environment);
  }
  const entries = Object.entries(value).map(([key, each]) => [key, evaluate(each, environment)] as const);
  return Object.fromEntries(entries.filter(([, each]) => each !== undefined));
}

export function templateError(message: string): AwsError {
  return new AwsError("ValidationError", `Template error: ${message}`);
}

function getAtt(argument: unknown, environment: Environment): unknown {
  const parsed = parseGetAtt(argument);
  if (parsed === undefined)
    throw templateError(
      'Fn::GetAtt takes a logical id and an attribute: {"Fn::GetAtt": ["Function", "Arn"]}',
    );
  return environment.attribute(parsed.id, text(parsed.attribute, environment, "Fn::GetAtt"));
}

function sub(argument: unknown, environment: Environment): string {
  const [template, given] = Array.isArray(argument) ? argument : [argument, undefined];
  if (typeof template !== "string")
    throw templateError("Fn::Sub takes a string, or a string and its variables");
  const variables = (given ?? {}) as Record<string, unknown>;
  return parseSub(template)
    .map((part) => {
      if ("literal" in part) return part.literal;
      const { variable } = part;
      if (Object.hasOwn(variables, variable))
        return text(variables[variable], environment, `Fn::Sub \${${variable}}`);
      const dot = variable.startsWith("AWS::") ? -1 : variable.indexOf(".");
      const value =
        dot < 1
          ? environment.ref(variable)
          : environment.attribute(variable.slice(0, dot), variable.slice(dot + 1));
      return scalar(value, `Fn::Sub \${${variable}}`);
    })
    .join("");
}

function join(argument: unknown, environment: Environment): string {
  const [delimiter, values] = listOf(argument, "Fn::Join", 2);
  const list = evaluate(values, environment);
  if (!Array.isArray(list)) throw templateError("Fn::Join takes a delimiter and a list");
  return list.map((each) => scalar(each, "Fn::Join")).join(delimiter as string);
}

function select(argument: unknown, environment: Environment): unknown {
  const [index, values] = listOf(argument, "Fn::Select", 2);
  const list = evaluate(values, environment);
  const at = Number(evaluate(index, environment));
  if (!Array.isArray(list)) throw templateError("Fn::Select takes an index and a list");
  if (!Number.isInteger(at) || at < 0 || at >= list.length)
    throw templateError(`Fn::Select cannot select nonexistent value at index ${at} of ${list.length}`);
  return list[at];
}

function split(argument: unknown, environment: Environment): string[] {
  const [delimiter, value] = listOf(argument, "Fn::Split", 2);
  return text(value, environment, "Fn::Split").split(delimiter as string);
}

function listOf(argument: unknown, name: string, length: number): unknown[] {
  if (!Array.isArray(argument) || argument.length !== length)
    throw templateError(`${name} takes a list of ${length} values`);
  return argument;
}

function text(value: unknown, environment: Environment, where: string): string {
  return scalar(evaluate(value, environment), where);
}

function scalar(value: unknown, where: string): string {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return String(value);
  throw templateError(
    `${where} needs a string, but got ${value === undefined ? "nothing" : JSON.stringify(value)}`,
  );
}
