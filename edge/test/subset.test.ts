import { describe, expect, it } from "vitest";
import { FUNCTION_MAX_BYTES, inspectFunction } from "../src/build/inspect-function.ts";
import { checkSubset } from "../src/build/subset.ts";

/** A valid function with the statement on line 2. */
const inside = (statement: string) => `function handler(event) {\n${statement}\n}`;
const insideAsync = (statement: string) => `async function handler(event) {\n${statement}\n}`;

describe("checkSubset()", () => {
  it.each([
    ["const, let and var", inside("const a = 1; let b = a; var c = b; return c;")],
    ["arrow functions and rest parameters", inside("return [1].map((x) => x).concat(((...all) => all)(1));")],
    ["template literals", inside("return `a $" + "{event.uri} b`;")],
    ["the exponent operator", inside("return 2 ** 3;")],
    [
      "named catch, labels, switch",
      inside("try { a: for (;;) { break a; } switch (1) { case 1: } } catch (e) { throw e; }"),
    ],
    [
      "listed methods and globals",
      inside("return Object.assign({}, { a: 'b'.includes('c') }, JSON.parse('1'), Math.trunc(1));"),
    ],
    ["await into a variable", insideAsync("const a = await Promise.resolve(1);\nreturn a;")],
    [
      "the cloudfront module",
      `import cf from 'cloudfront';\nasync function handler() {\nconst a = await cf.kvs().get('x');\nreturn a;\n}`,
    ],
    [
      "require of a built-in module",
      inside("return require('crypto').createHash('sha256').update('x').digest('hex');"),
    ],
    ["numeric separators", inside("return 1_000;")],
  ])("accepts %s", (_what, code) => {
    expect(checkSubset(code)).toEqual([]);
  });

  it.each([
    ["classes", inside("class A {}"), "classes"],
    ["class expressions", inside("return class {};"), "classes"],
    ["spread in a call", inside("f(...event);function f() {}"), "spread"],
    ["spread in an array", inside("return [...event];"), "spread"],
    ["spread in an object", inside("return { ...event };"), "spread"],
    ["object destructuring", inside("const { a } = event;"), "destructuring"],
    ["array destructuring", inside("const [a] = event;"), "destructuring"],
    ["default parameters", "\nfunction handler(event = 1) {}", "default values"],
    ["optional chaining", inside("return event?.request;"), "optional chaining"],
    ["optional calls", inside("return event?.();"), "optional"],
    ["nullish coalescing", inside("return event ?? 1;"), "??"],
    ["logical assignment", inside("event ||= 1;"), "||="],
    ["for-of", inside("for (const a of event) {}"), "for-of"],
    ["generators", inside("function* g() {}"), "generators"],
    ["async arrow functions", inside("return async () => 1;"), "async closures"],
    ["async function expressions", inside("return async function () {};"), "async closures"],
    ["closures in async functions", insideAsync("return [1].map((x) => x);"), "closure"],
    ["await in an argument", insideAsync("return String(await event);"), "await inside an argument"],
    ["shorthand properties", inside("return { event };"), "shorthand"],
    ["methods in objects", inside("return { a() {} };"), "shorthand, method"],
    ["computed properties", inside("return { [event]: 1 };"), "computed"],
    ["catch without a name", inside("try {} catch {}"), "catch without a name"],
    ["tagged templates", inside("return event`x`;"), "tagged"],
    ["BigInt", inside("return 1n;"), "BigInt"],
    ["binary literals", inside("return 0b1;"), "0b1"],
    ["regular expression flags beyond g, i, m", inside("return /x/u;"), "flags"],
    ["debugger", inside("debugger;"), "debugger"],
    ["import()", inside("return import('x');"), "import()"],
    ["new.target", inside("return new.target;"), "new.target"],
    ["Map", inside("return new Map();"), '"Map"'],
    ["Set", inside("return new Set();"), '"Set"'],
    ["Proxy", inside("return new Proxy({}, {});"), '"Proxy"'],
    ["URL", inside("return new URL(event);"), '"URL"'],
    ["timers", inside("setTimeout(handler, 1);"), '"setTimeout"'],
    ["process", inside("return process.env;"), '"process"'],
    ["fetch", inside("return fetch('x');"), '"fetch"'],
    ["eval", inside("return eval('1');"), '"eval"'],
    ["the Function constructor", inside("return new Function('1');"), '"Function"'],
    ["a constructor through a property", inside("return handler.constructor;"), ".constructor"],
    ["Array.from", inside("return Array.from(event);"), "Array.from"],
    ["Object.fromEntries", inside("return Object.fromEntries(event);"), "Object.fromEntries"],
    ["Object.hasOwn", inside("return Object.hasOwn(event, 'a');"), "Object.hasOwn"],
    ["console beyond log", inside("console.error('x');"), "console.error"],
    [".at()", inside("return event.at(-1);"), ".at()"],
    [".flatMap()", inside("return event.flatMap(handler);"), ".flatMap()"],
    [".matchAll()", inside("return event.matchAll(/x/g);"), ".matchAll()"],
    ["exports", `\nexport ${inside("return event;")}`, "exports"],
    [
      "an import of another module",
      `\nimport x from 'fs';\n${inside("return x;")}`,
      "only the module cloudfront",
    ],
    ["a late import of cloudfront", `\nimport cf from 'cloudfront';\n${inside("return cf;")}`, "first line"],
    ["a syntax error", inside("return ==;"), "does not parse"],
  ])("refuses %s, with the line and a fix", (_what, code, words) => {
    const findings = checkSubset(code);
    expect(findings.map(({ what }) => what).join("\n")).toContain(words);
    for (const { line, fix } of findings) expect([line === 2, fix.length > 5]).toEqual([true, true]);
  });

  it("refuses code without a handler", () => {
    expect(checkSubset("var a = 1;")).toMatchObject([
      { line: 1, what: "there is no top-level function named handler" },
    ]);
  });
});

describe("inspectFunction()", () => {
  it("counts bytes, not characters, against the quota", () => {
    const code = (filling: string) => inside(`return "${filling}";`);
    const room = FUNCTION_MAX_BYTES - code("").length;
    expect(inspectFunction(code("x".repeat(room)))).toEqual({ sizeBytes: FUNCTION_MAX_BYTES, findings: [] });
    expect(inspectFunction(code("é".repeat(room))).findings[0]).toMatch(/quota/);
  });

  it("reports a finding with its line", () => {
    expect(inspectFunction(inside("return event?.uri;")).findings).toEqual([
      "line 2: optional chaining is not listed. Check with if first",
    ]);
  });
});
