import { describe, expect, it } from "vitest";
import { physicalName } from "../../src/services/cloudformation/deployment/physical-name.ts";
import { changedNames } from "../../src/services/cloudformation/deployment/same-value.ts";
import { cidrBlocks } from "../../src/services/cloudformation/evaluation/cidr.ts";
import { type Environment, evaluate } from "../../src/services/cloudformation/evaluation/intrinsics.ts";
import {
  checkPropertyNames,
  coerceProperties,
  mapOf,
} from "../../src/services/cloudformation/providers/properties.ts";
import { referencesOf } from "../../src/services/cloudformation/template/references.ts";
import { parseTemplateUrl } from "../../src/services/cloudformation/template/template-source.ts";

const environment: Environment = {
  ref: (name) => (name === "AWS::NoValue" ? undefined : name === "List" ? ["x", "y"] : `<${name}>`),
  attribute: (id, attribute) => `${id}/${attribute}`,
  condition: (name) => name === "Yes",
  mapping: (...keys) => keys.join("."),
  imported: (name) => `imported ${name}`,
  region: "eu-west-1",
};
const run = (value: unknown) => evaluate(value, environment);
const variable = (name: string) => `$\{${name}}`;

describe("evaluate()", () => {
  it.each([
    [{ Ref: "A" }, "<A>"],
    [{ "Fn::GetAtt": ["A", "B.C"] }, "A/B.C"],
    [{ "Fn::GetAtt": "A.B.C" }, "A/B.C"],
    [{ "Fn::Join": ["-", ["a", { Ref: "B" }, 3]] }, "a-<B>-3"],
    [{ "Fn::Join": [",", { Ref: "List" }] }, "x,y"],
    [{ "Fn::Select": ["1", { "Fn::Split": ["|", "a|b|c"] }] }, "b"],
    [{ "Fn::If": ["Yes", "then", "else"] }, "then"],
    [{ "Fn::If": ["No", "then", { Ref: "Else" }] }, "<Else>"],
    [{ "Fn::FindInMap": ["M", { Ref: "K" }, "v"] }, "M.<K>.v"],
    [{ "Fn::ImportValue": "e" }, "imported e"],
    [{ "Fn::GetAZs": "" }, ["eu-west-1a", "eu-west-1b", "eu-west-1c"]],
    [{ "Fn::Base64": "hi" }, "aGk="],
    [{ "Fn::Cidr": ["10.0.0.0/16", 2, "8"] }, ["10.0.0.0/24", "10.0.1.0/24"]],
    [
      {
        "Fn::Sub": [
          [
            variable("A"),
            variable("B.C"),
            variable("Own"),
            variable("!Literal"),
            variable("AWS::Region"),
          ].join(" "),
          { Own: { Ref: "D" } },
        ],
      },
      `<A> B/C <D> ${variable("Literal")} <AWS::Region>`,
    ],
  ])("evaluates %j", (value, result) => expect(run(value)).toEqual(result));

  it("removes members with AWS::NoValue from objects and lists", () => {
    expect(run({ a: { Ref: "AWS::NoValue" }, b: [1, { Ref: "AWS::NoValue" }, 2] })).toEqual({ b: [1, 2] });
  });

  it.each([
    [{ "Fn::Select": [5, ["a"]] }, "nonexistent value at index 5"],
    [{ "Fn::Join": ["-", "a"] }, "Fn::Join takes a delimiter and a list"],
    [{ "Fn::Sub": variable("List") }, "Fn::Sub"],
    [{ "Fn::Transform": {} }, "does not support the function Fn::Transform"],
  ])("refuses %j", (value, message) => expect(() => run(value)).toThrow(message));
});

describe("referencesOf()", () => {
  it("finds references at any depth, but not a Sub's own variables", () => {
    const value = {
      a: [{ Ref: "A" }, { "Fn::If": ["C", { Ref: "B" }, { "Fn::GetAtt": ["D", "E"] }] }],
      b: { "Fn::Sub": [`${variable("F.G")}${variable("own")}${variable("!no")}`, { own: { Ref: "H" } }] },
    };
    expect(referencesOf(value)).toEqual([
      { id: "A" },
      { id: "B" },
      { id: "D", attribute: "E" },
      { id: "F", attribute: "G" },
      { id: "H" },
    ]);
  });
});

describe("coerceProperties()", () => {
  const shape = {
    Port: "number",
    On: "boolean",
    Name: "string",
    Tags: mapOf("string"),
    List: [{ A: "string" }],
  } as const;
  const coerce = (value: Record<string, unknown>) =>
    coerceProperties(value, shape, ["Name"], { logicalId: "R", type: "T" });

  it("converts text to numbers and booleans, and scalars to text", () => {
    expect(coerce({ Port: "80", On: "true", Name: 5, Tags: { x: 1 }, List: { A: "one" } })).toEqual({
      Port: 80,
      On: true,
      Name: "5",
      Tags: { x: "1" },
      List: [{ A: "one" }],
    });
  });

  it("reports every mistyped, unknown and missing property with its path", () => {
    expect(() => coerce({ Port: "eighty", List: [{ B: 1 }] })).toThrow(
      "Properties validation failed for resource R of type T with message: [#/Port: expected type: number, found: string, #/List/0: extraneous key [B] is not permitted (the local AWS does not support it), #/: required key [Name] not found]",
    );
  });
});

describe("coerceProperties(), with keys that objects inherit", () => {
  const coerced = (json: string, shape: Record<string, ReturnType<typeof mapOf>>) =>
    coerceProperties(JSON.parse(json), shape, [], { logicalId: "R", type: "T" });

  it("keeps them in a map", () => {
    const { Labels } = coerced('{"Labels":{"__proto__":{"a":"1"},"constructor":{}}}', {
      Labels: mapOf(mapOf("string")),
    });
    expect(Object.keys(Labels)).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(Labels)).toBe(Object.prototype);
  });

  it.each(["__proto__", "constructor", "toString"])("refuses the unknown property %s by its name", (name) => {
    expect(() => coerced(`{"${name}":{}}`, {})).toThrow(`extraneous key [${name}] is not permitted`);
  });
});

describe("checkPropertyNames()", () => {
  it("accepts a function call in place of any value", () => {
    const problems = checkPropertyNames(
      { Port: { Ref: "P" }, List: { "Fn::If": ["C", [], []] }, More: 1, Name: "n" },
      { Port: "number", List: [{ A: "string" }], Name: "string" },
      ["Name"],
    );
    expect(problems).toEqual([{ path: "/", message: expect.stringContaining("[More]") }]);
  });
});

describe("changedNames()", () => {
  it("ignores the order of keys and the spelling of scalars", () => {
    expect(changedNames({ a: { x: 1, y: "2" }, b: true }, { a: { y: 2, x: "1" }, b: "true" })).toEqual(
      new Set(),
    );
    expect(changedNames({ a: [1, 2], b: 1 }, { a: [2, 1], c: 1 })).toEqual(new Set(["a", "b", "c"]));
  });
});

describe("physicalName()", () => {
  it.each([[{ max: 32 }], [{ max: 63, lowerCase: true }]])("fits %j and keeps the suffix", (rules) => {
    const name = physicalName("workshop-platform", "Targets", "SUFFIX123456", rules);
    expect(name.length).toBeLessThanOrEqual(rules.max);
    expect(name.toLowerCase()).toMatch(/^workshop.*-targets-suffix123456$/);
  });
});

describe("cidrBlocks()", () => {
  it("refuses more blocks than fit", () => {
    expect(() => cidrBlocks("10.0.0.0/24", 3, 7)).toThrow("do not fit into 10.0.0.0/24");
  });
});

describe("parseTemplateUrl()", () => {
  it.each([
    ["https://s3.eu-west-1.amazonaws.com/bucket/a/b.json", "bucket", "a/b.json"],
    ["https://bucket.s3.eu-west-1.amazonaws.com/a/b.json", "bucket", "a/b.json"],
    ["http://127.0.0.1:4566/bucket/a%20b.json", "bucket", "a b.json"],
    ["http://bucket.localhost:4566/b.json", "bucket", "b.json"],
  ])("parses %s", (url, bucket, key) => expect(parseTemplateUrl(url)).toEqual({ bucket, key }));

  it("refuses a URL without an object", () => {
    expect(() => parseTemplateUrl("https://s3.amazonaws.com/bucket")).toThrow("valid S3 object");
  });
});
