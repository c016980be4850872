import { compileGlob } from "../glob.ts";

/**
 * A condition of a listener rule. A condition matches if one of its values matches; a rule matches if all its
 * conditions match.
 */
export type Condition =
  | { field: "host-header"; values: string[] }
  | { field: "path-pattern"; values: string[] }
  | { field: "http-header"; name: string; values: string[] };

/**
 * Matches a request. `host` is lower case without a port, `path` has no query, `rawHeaders` alternates names and
 * values.
 */
export type RequestMatcher = (host: string, path: string, rawHeaders: string[]) => boolean;

/**
 * Compiles the conditions of one rule. Hosts and header values are case-insensitive, paths are case-sensitive (ALB user
 * guide, "Condition types for listener rules").
 */
export function compileConditions(conditions: Condition[]): RequestMatcher {
  // Cheapest first: with one rule per version, the host excludes nearly every rule.
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

/** Whether any occurrence of a header matches. */
function someHeader(rawHeaders: string[], name: string, matches: (value: string) => boolean): boolean {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const candidate = rawHeaders[i]!;
    if (candidate.length === name.length && candidate.toLowerCase() === name) {
      if (matches(rawHeaders[i + 1]!.toLowerCase())) return true;
    }
  }
  return false;
}
