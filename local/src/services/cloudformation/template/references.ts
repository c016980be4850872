import { isPseudoParameter } from "./pseudo-parameters.ts";

/** A reference in a template value. `attribute` is set for `Fn::GetAtt` and for `${Id.Attribute}`. */
export interface Reference {
  id: string;
  attribute?: string;
}

/** Returns every Ref, GetAtt and Sub variable in a value, at any depth and in both branches of an `Fn::If`. */
export function referencesOf(value: unknown): Reference[] {
  if (Array.isArray(value)) return value.flatMap(referencesOf);
  if (typeof value !== "object" || value === null) return [];
  const entries = Object.entries(value);
  if (entries.length === 1) {
    const [name, argument] = entries[0]!;
    if (name === "Ref" && typeof argument === "string") return [{ id: argument }];
    if (name === "Fn::GetAtt") return getAttReferences(argument);
    if (name === "Fn::Sub") return subReferences(argument);
  }
  return entries.flatMap(([, each]) => referencesOf(each));
}

/** Returns the logical ids among `known` that a value refers to. */
export function resourcesIn(value: unknown, known: { has(id: string): boolean }): string[] {
  return [...new Set(referencesOf(value).map(({ id }) => id))].filter((id) => known.has(id));
}

/** Parses `{"Fn::GetAtt": ["Id", "A.B"]}` or `{"Fn::GetAtt": "Id.A.B"}`. */
export function parseGetAtt(argument: unknown): { id: string; attribute: unknown } | undefined {
  if (typeof argument === "string") {
    const dot = argument.indexOf(".");
    return dot < 1 ? undefined : { id: argument.slice(0, dot), attribute: argument.slice(dot + 1) };
  }
  if (!Array.isArray(argument) || argument.length !== 2 || typeof argument[0] !== "string") return undefined;
  return { id: argument[0], attribute: argument[1] };
}

/** Splits the text of an `Fn::Sub` into literals and variables; `${!x}` is the literal `${x}`. */
export function parseSub(text: string): ({ literal: string } | { variable: string })[] {
  const parts: ({ literal: string } | { variable: string })[] = [];
  let end = 0;
  for (const match of text.matchAll(/\$\{([^}]*)\}/g)) {
    if (match.index > end) parts.push({ literal: text.slice(end, match.index) });
    const name = match[1]!;
    parts.push(name.startsWith("!") ? { literal: `\${${name.slice(1)}}` } : { variable: name.trim() });
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push({ literal: text.slice(end) });
  return parts;
}

function getAttReferences(argument: unknown): Reference[] {
  const parsed = parseGetAtt(argument);
  if (parsed === undefined) return [];
  if (typeof parsed.attribute === "string") return [{ id: parsed.id, attribute: parsed.attribute }];
  return [{ id: parsed.id }, ...referencesOf(parsed.attribute)];
}

function subReferences(argument: unknown): Reference[] {
  const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
  if (typeof text !== "string") return [];
  const own = Object.keys((variables ?? {}) as object);
  const references = parseSub(text)
    .flatMap((part) => ("variable" in part ? [part.variable] : []))
    .filter((name) => !own.includes(name))
    .map((name): Reference => {
      const dot = isPseudoParameter(name) ? -1 : name.indexOf(".");
      return dot < 1 ? { id: name } : { id: name.slice(0, dot), attribute: name.slice(dot + 1) };
    });
  return [...references, ...referencesOf(variables)];
}
