import { describe, expect, it } from "vitest";
import { readJson, writeJson } from "../../src/wire/json.ts";
import { readQuery } from "../../src/wire/query.ts";
import type { Shape } from "../../src/wire/schema.ts";
import { readXml, writeXml } from "../../src/wire/xml.ts";

// Keys that plain objects inherit, in maps whose keys clients choose (tags, attributes, variables). CBOR is not tested:
// the SDK's own codec drops "__proto__", and no service with CBOR has such a map.
const KEYS = ["__proto__", "constructor", "toString", "hasOwnProperty"];
const text: Shape = {
  kind: "string",
  name: "",
  traits: {},
  required: [],
  members: () => [],
  value: () => text,
  key: () => text,
};
const item: Shape = { ...text, kind: "structure", members: () => [["Of", text]] };
const map: Shape = { ...text, kind: "map", value: () => item };
const root: Shape = { ...text, kind: "structure", members: () => [["Tags", map]] };
const tags = Object.fromEntries(KEYS.map((key) => [key, { Of: `of ${key}` }]));

/** Expects all keys as own keys with their values, and an unchanged prototype. */
function expectTags(read: Record<string, any>): void {
  expect(Object.entries(read.Tags)).toEqual(Object.entries(tags));
  expect(Object.getPrototypeOf(read.Tags)).toBe(Object.prototype);
}

describe("a map with keys that objects inherit is read like any other map", () => {
  it("by the query protocol", () => {
    const parameters = KEYS.flatMap((key, at): [string, string][] => [
      [`Tags.entry.${at + 1}.key`, key],
      [`Tags.entry.${at + 1}.value.Of`, `of ${key}`],
    ]);
    expectTags(readQuery(root, new URLSearchParams(parameters)));
    expectTags(readQuery(undefined, new URLSearchParams(parameters)));
  });

  it("from XML", () => {
    expectTags(readXml(root, Buffer.from(writeXml("Root", root, { Tags: tags }))));
  });

  it("from JSON", () => {
    const json = JSON.parse(JSON.stringify(writeJson(root, { Tags: tags }, { jsonNames: false })));
    expectTags(readJson(root, json, { jsonNames: false }));
  });
});
