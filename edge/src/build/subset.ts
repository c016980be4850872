import { type Node, parse } from "acorn";
import { METHODS, STATICS, SYNTAX, UNLISTED_SYNTAX } from "./runtime-features.ts";

/** One use of something that cloudfront-js-2.0 does not list. */
interface Finding {
  /** Counted from 1. */
  line: number;
  what: string;
  fix: string;
}

/** A node of any type. With acorn's own types, every field would need a cast. */
type Tree = Node & Record<string, any>;

interface Walk {
  findings: Finding[];
  declared: Set<string>;
  /** Identifiers that are read or written. */
  used: Tree[];
}

/**
 * Parses a function and reports everything that the documentation of cloudfront-js-2.0 does not list: syntax, globals
 * and methods. An unlisted feature may work today and cause a 503 for every viewer after a change of the runtime.
 *
 * It checks a method by its name, not by the type of its receiver: it accepts `x.includes()` for any `x`.
 */
export function checkSubset(code: string): Finding[] {
  let program: Tree;
  try {
    program = parse(code, { ecmaVersion: "latest", sourceType: "module", locations: true }) as Tree;
  } catch (error) {
    const { message, loc } = error as SyntaxError & { loc?: { line: number } };
    return [{ line: loc?.line ?? 1, what: `the code does not parse: ${message}`, fix: "Fix the syntax" }];
  }
  const walk: Walk = { findings: [], declared: new Set(), used: [] };
  visit(program, [], walk);
  for (const node of walk.used) {
    if (!walk.declared.has(node.name) && !Object.hasOwn(STATICS, node.name)) {
      report(walk, node, `"${node.name}" is not a global of the runtime`, "Declare it, or remove it");
    }
  }
  if (!program.body.some((node: Tree) => isHandler(node.declaration ?? node))) {
    report(
      walk,
      program,
      "there is no top-level function named handler",
      "Declare `function handler(event)`",
    );
  }
  return walk.findings.sort((a, b) => a.line - b.line);
}

function isHandler(node: Tree): boolean {
  return node.type === "FunctionDeclaration" && node.id?.name === "handler";
}

/** @param above the nodes around this one, nearest first */
function visit(node: Tree, above: Tree[], walk: Walk): void {
  if (!SYNTAX.has(node.type)) {
    const known = UNLISTED_SYNTAX[node.type];
    report(
      walk,
      node,
      known?.what ?? `${node.type} is not listed`,
      known?.fix ?? "Write it in ECMAScript 5.1",
    );
    // Visiting its parts would report the same syntax again.
    if (node.type !== "ExportNamedDeclaration") return;
  }
  checks[node.type]?.(node, above, walk);
  const inside = [node, ...above];
  for (const [key, child] of Object.entries(node)) {
    if (key === "loc" || isName(node, key)) continue;
    for (const one of Array.isArray(child) ? child : [child]) {
      if (typeof one?.type === "string") visit(one, inside, walk);
    }
  }
}

/** Whether a field is only a name (of a property, a label, an import), not a variable. */
function isName(node: Tree, key: string): boolean {
  if (key === "label") return true;
  if (node.type === "ImportDeclaration") return true;
  return (
    !node.computed &&
    ((key === "property" && node.type === "MemberExpression") || (key === "key" && node.type === "Property"))
  );
}

/** Further checks of a node, by its type. */
const checks: Record<string, (node: Tree, above: Tree[], walk: Walk) => void> = {
  ArrowFunctionExpression: checkFunction,
  FunctionDeclaration: checkFunction,
  FunctionExpression: checkFunction,
  AssignmentExpression(node, _above, walk) {
    if (["&&=", "||=", "??="].includes(node.operator))
      report(walk, node, `the operator ${node.operator} is not listed`, "Write the assignment out");
  },
  AwaitExpression(node, above, walk) {
    const around = above.findIndex((one) => /Function/.test(one.type));
    if (around === -1) report(walk, node, "await outside a function", "Await inside an async function");
    const call = above
      .slice(0, around)
      .find((one, at) => one.type === "CallExpression" && one.callee !== (above[at - 1] ?? node));
    if (call) report(walk, node, "await inside an argument is not supported", "Await into a variable first");
  },
  CallExpression(node, _above, walk) {
    const { callee } = node;
    if (callee.type !== "MemberExpression" || callee.computed) return;
    const { name } = callee.property;
    if (isGlobalObject(callee.object)) return;
    if (!METHODS.has(name))
      report(walk, node, `the method .${name}() is not listed`, "Use an older method, or a loop");
  },
  CatchClause(node, _above, walk) {
    if (node.param?.type === "Identifier") walk.declared.add(node.param.name);
    else report(walk, node, "catch without a name is not listed", "Name it: catch (_error)");
  },
  Identifier(node, _above, walk) {
    walk.used.push(node);
  },
  ImportDeclaration(node, _above, walk) {
    const [specifier] = node.specifiers;
    const fit =
      node.source.value === "cloudfront" &&
      node.specifiers.length === 1 &&
      specifier.type === "ImportDefaultSpecifier";
    for (const one of node.specifiers) walk.declared.add(one.local.name);
    if (fit && node.loc!.start.line === 1) return;
    const fix = "Write import cf from 'cloudfront'; on the first line";
    report(walk, node, "only the module cloudfront may be imported, on the first line", fix);
  },
  Literal(node, _above, walk) {
    if (node.regex && /[^gim]/.test(node.regex.flags))
      report(
        walk,
        node,
        `the regular expression flags "${node.regex.flags}" are not listed`,
        "Use g, i and m only",
      );
    if (typeof node.bigint === "string") report(walk, node, "BigInt is not listed", "Use a number");
    if (typeof node.value === "number" && /^0[bo]/i.test(node.raw))
      report(walk, node, `the literal ${node.raw} is not listed`, "Write it in decimal");
  },
  LogicalExpression(node, _above, walk) {
    if (node.operator === "??") report(walk, node, "the operator ?? is not listed", "Compare with undefined");
  },
  MemberExpression(node, _above, walk) {
    if (node.computed) return;
    const { name } = node.property;
    if (name === "constructor" || name === "__proto__")
      report(walk, node, `.${name} gives access to what the runtime forbids`, "Remove it");
    const listed = isGlobalObject(node.object) ? STATICS[node.object.name] : undefined;
    if (listed && !listed.includes(name) && !walk.declared.has(node.object.name))
      report(walk, node, `${node.object.name}.${name} is not listed`, "Remove it, or write it as a loop");
  },
  Property(node, _above, walk) {
    if (node.shorthand || node.method || node.computed)
      report(walk, node, "shorthand, method and computed properties are not listed", "Write { name: value }");
  },
  VariableDeclarator(node, _above, walk) {
    declare(node.id, walk);
  },
};

function checkFunction(node: Tree, above: Tree[], walk: Walk): void {
  if (node.generator) report(walk, node, "generators are not listed", "Use a plain function");
  if (node.async && node.type !== "FunctionDeclaration")
    report(walk, node, "async closures are not supported", "Declare an async function at the top level");
  if (above.some((one) => /Function/.test(one.type) && one.async))
    report(walk, node, "a closure in an async function is not supported", "Move it to the top level");
  if (node.id) declare(node.id, walk);
  for (const param of node.params) declare(param.type === "RestElement" ? param.argument : param, walk);
}

/** Declares a name. A destructuring pattern is reported when it is visited. */
function declare(target: Tree, walk: Walk): void {
  if (target.type === "Identifier") walk.declared.add(target.name);
}

function isGlobalObject(node: Tree): boolean {
  return node.type === "Identifier" && Object.hasOwn(STATICS, node.name) && STATICS[node.name] !== undefined;
}

function report(walk: Walk, node: Tree, what: string, fix: string): void {
  walk.findings.push({ line: node.loc!.start.line, what, fix });
}
