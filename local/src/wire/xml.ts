import { XMLParser } from "fast-xml-parser";
import { AwsError } from "../aws-error.ts";
import type { Shape } from "./schema.ts";
import { readTimestamp, writeTimestamp } from "./timestamps.ts";

/**
 * Keeps text unchanged, including spaces, because object keys may begin with one. Clients escape line ends as `&#xA;`.
 */
const parser = new XMLParser({
  ignoreAttributes: true,
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  processEntities: { enabled: true, maxTotalExpansions: 1_000_000, maxExpandedLength: 100_000_000 },
  htmlEntities: true,
});

type Parsed = string | { [tag: string]: Parsed | Parsed[] };

/** Parses a document whose root element has this shape. The name of the root element does not matter. */
export function readXml(shape: Shape, body: Uint8Array): any {
  return readNode(shape, parseRoot(body));
}

/**
 * Writes an element with its content.
 *
 * @param tag name of the element
 * @param attributes complete attributes with a leading space (` xmlns="…"`)
 */
export function writeXml(tag: string, shape: Shape | undefined, value: unknown, attributes = ""): string {
  return `<${tag}${attributes}>${writeContent(shape, value)}</${tag}>`;
}

/** Writes the content of a value's element. */
export function writeContent(shape: Shape | undefined, value: unknown): string {
  if (shape === undefined) return writeUnmodelled(value);
  switch (shape.kind) {
    case "structure":
    case "union":
      return shape
        .members()
        .map(([name, member]) => writeMember(name, member, (value as Record<string, unknown>)[name]))
        .join("");
    case "list":
      return writeItems(shape, shape.value().traits.xmlName ?? "member", value as unknown[]);
    case "map":
      return writeEntries(shape, "entry", value as Record<string, unknown>);
    case "timestamp":
      return escapeXml(String(writeTimestamp(shape, value, "date-time")));
    case "blob":
      return Buffer.from(value as Uint8Array).toString("base64");
    case "unit":
      return "";
    default:
      return escapeXml(String(value));
  }
}

export function escapeXml(text: string): string {
  // XML cannot contain some of these control characters, and a reader's normalisation would remove the others.
  return text.replace(
    /[&<>"\r\n\u0085\u2028]/g,
    (found) => ESCAPES[found] ?? `&#x${found.charCodeAt(0).toString(16)};`,
  );
}

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function writeMember(name: string, shape: Shape, value: unknown): string {
  if (value === undefined || value === null) return "";
  const tag = shape.traits.xmlName ?? name;
  if (shape.kind === "list" && shape.traits.xmlFlattened) return writeItems(shape, tag, value as unknown[]);
  if (shape.kind === "map" && shape.traits.xmlFlattened)
    return writeEntries(shape, tag, value as Record<string, unknown>);
  return writeXml(tag, shape, value);
}

function writeItems(shape: Shape, tag: string, items: unknown[]): string {
  return items.map((item) => writeXml(tag, shape.value(), item)).join("");
}

function writeEntries(shape: Shape, tag: string, value: Record<string, unknown>): string {
  const keyTag = shape.key().traits.xmlName ?? "key";
  const valueTag = shape.value().traits.xmlName ?? "value";
  return Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .map(
      ([key, item]) =>
        `<${tag}>${writeXml(keyTag, shape.key(), key)}${writeXml(valueTag, shape.value(), item)}</${tag}>`,
    )
    .join("");
}

/** The only map in responses of services without a model; any other object is a structure. */
const UNMODELLED_MAP = "Attributes";

function writeUnmodelled(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map((item) => `<member>${writeUnmodelled(item)}</member>`).join("");
  if (typeof value !== "object") return escapeXml(String(value));
  return Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .map(([tag, item]) => {
      const content = tag === UNMODELLED_MAP ? writeUnmodelledMap(item) : writeUnmodelled(item);
      return `<${tag}>${content}</${tag}>`;
    })
    .join("");
}

function writeUnmodelledMap(map: object): string {
  return Object.entries(map)
    .map(
      ([key, item]) => `<entry><key>${escapeXml(key)}</key><value>${writeUnmodelled(item)}</value></entry>`,
    )
    .join("");
}

function parseRoot(body: Uint8Array): Parsed {
  try {
    const document = parser.parse(Buffer.from(body).toString("utf8"), true) as Record<string, Parsed>;
    const root = Object.entries(document).find(([tag]) => tag !== "#text" && !tag.startsWith("?"));
    if (root === undefined) throw new TypeError("there is no element");
    return root[1];
  } catch (error) {
    throw new AwsError("MalformedXML", `The body is not well-formed XML: ${(error as Error).message}`);
  }
}

function readNode(shape: Shape, node: Parsed): unknown {
  switch (shape.kind) {
    case "structure":
    case "union":
      return readStructure(shape, node);
    case "list":
      return readItems(shape, child(node, shape.value().traits.xmlName ?? "member"));
    case "map":
      return readEntries(shape, child(node, "entry"));
    case "boolean":
      return textOf(node).trim() === "true";
    case "number":
      return Number(textOf(node));
    case "timestamp":
      return readTimestamp(textOf(node).trim());
    case "blob":
      return Buffer.from(textOf(node), "base64");
    default:
      return textOf(node);
  }
}

function readStructure(shape: Shape, node: Parsed): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const [name, member] of shape.members()) {
    const found = child(node, member.traits.xmlName ?? name);
    if (found === undefined) continue;
    if (member.kind === "list" && member.traits.xmlFlattened) read[name] = readItems(member, found);
    else if (member.kind === "map" && member.traits.xmlFlattened) read[name] = readEntries(member, found);
    else read[name] = readNode(member, Array.isArray(found) ? found[0]! : found);
  }
  return read;
}

function readItems(shape: Shape, found: Parsed | Parsed[] | undefined): unknown[] {
  return asArray(found).map((item) => readNode(shape.value(), item));
}

function readEntries(shape: Shape, found: Parsed | Parsed[] | undefined): Record<string, unknown> {
  // An assignment would be wrong: a key may be "__proto__".
  return Object.fromEntries(
    asArray(found).flatMap((entry): [string, unknown][] => {
      const key = child(entry, shape.key().traits.xmlName ?? "key");
      const value = child(entry, shape.value().traits.xmlName ?? "value");
      return key === undefined || value === undefined
        ? []
        : [[textOf(key as Parsed), readNode(shape.value(), value as Parsed)]];
    }),
  );
}

function child(node: Parsed, tag: string): Parsed | Parsed[] | undefined {
  return typeof node === "object" && Object.hasOwn(node, tag) ? node[tag] : undefined;
}

function textOf(node: Parsed): string {
  return typeof node === "string" ? node : String(node["#text"] ?? "");
}

function asArray<Item>(value: Item | Item[] | undefined): Item[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
