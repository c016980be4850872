import { compileGlob } from "./glob.ts";

/** What a listener rule asks of a request; its values are alternatives, its conditions must all hold. */
export type Condition =
  | { field: "host-header"; values: string[] }
  | { field: "path-pattern"; values: string[] }
  | { field: "http-header"; name: string; values: string[] };

/** `host` is lower case and has no port, `path` has no query, `rawHeaders` are names and values in turn. */
export type RequestMatcher = (host: string, path: string, rawHeaders: string[]) => boolean;

/**
 * Compiles the conditions of one rule. Hosts and header values are compared without regard to case, paths with it
 * (ALB user guide, "Condition types for listener rules").
 */
export function compileConditions(conditions: Condition[]): RequestMatcher {
  // Cheapest first: with one rule per version nearly every rule is passed over because of its host.
  const matchers = [...conditions].sort((a, b) => COST[a.field] - COST[b.field]).map(compileCondition);
  return (host, path, rawHeaders) => {
    for (const matches of matchers) if (!matches(host, path, rawHeaders)) return false;
    return true;
  };
}

const COST = { "host-header": 0, "path-pattern": 1, "http-header": 2 };

function compileCondition(condition: Condition): RequestMatcher {
  switch (condition.field) {
    case "host-header": {
      const matches = anyOf(condition.values.map((value) => value.toLowerCase()));
      return (host) => matches(host);
    }
    case "path-pattern": {
      const matches = anyOf(condition.values);
      return (_host, path) => matches(path);
    }
    case "http-header": {
      const matches = anyOf(condition.values.map((value) => value.toLowerCase()));
      const name = condition.name.toLowerCase();
      return (_host, _path, rawHeaders) => someHeader(rawHeaders, name, matches);
    }
  }
}

function anyOf(patterns: string[]): (value: string) => boolean {
  const globs = patterns.map(compileGlob);
  if (globs.length === 1) return globs[0]!;
  return (value) => globs.some((matches) => matches(value));
}

/** A header may come more than once; each occurrence is searched, in order. */
function someHeader(rawHeaders: string[], name: string, matches: (value: string) => boolean): boolean {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const candidate = rawHeaders[i]!;
    if (candidate.length === name.length && candidate.toLowerCase() === name) {
      if (matches(rawHeaders[i + 1]!.toLowerCase())) return true;
    }
  }
  return false;
}
