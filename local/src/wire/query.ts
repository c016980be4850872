import type { Shape } from "./schema.ts";
import { readTimestamp } from "./timestamps.ts";

/** Tree of dotted parameter names: `A.member.1.B=x` is `A → member → 1 → B`. */
interface Node {
  text?: string;
  children: Map<string, Node>;
}

/**
 * Converts query-protocol parameters to SDK-shaped input. Without a model, numbered keys form lists and all leaves are
 * strings.
 */
export function readQuery(shape: Shape | undefined, parameters: URLSearchParams): Record<string, unknown> {
  const root: Node = { children: new Map() };
  for (const [name, value] of parameters) {
    if (name !== "Action" && name !== "Version") plant(root, name, value);
  }
  return (shape === undefined ? readUnmodelled(root) : readStructure(shape, root)) as Record<string, unknown>;
}

function plant(root: Node, name: string, value: string): void {
  let node = root;
  for (const part of name.split(".")) {
    let child = node.children.get(part);
    if (child === undefined) {
      child = { children: new Map() };
      node.children.set(part, child);
    }
    node = child;
  }
  node.text = value;
}

function readNode(shape: Shape, node: Node): unknown {
  switch (shape.kind) {
    case "structure":
    case "union":
      return readStructure(shape, node);
    case "list":
      return counted(shape.traits.xmlFlattened ? node : listNode(shape, node)).map((item) =>
        readNode(shape.value(), item),
      );
    case "map":
      return readMap(shape, node);
    case "boolean":
      return node.text === "true";
    case "number":
      return Number(node.text);
    case "timestamp":
      return readTimestamp(node.text ?? "");
    case "blob":
      return Buffer.from(node.text ?? "", "base64");
    default:
      return node.text ?? "";
  }
}

function readStructure(shape: Shape, node: Node): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const [name, member] of shape.members()) {
    const child = node.children.get(member.traits.xmlName ?? name);
    if (child !== undefined) read[name] = readNode(member, child);
  }
  return read;
}

/** Returns the node with the items of a list. `Name=` alone is an empty list. */
function listNode(shape: Shape, node: Node): Node {
  return node.children.get(shape.value().traits.xmlName ?? "member") ?? { children: new Map() };
}

function readMap(shape: Shape, node: Node): Record<string, unknown> {
  const entries = shape.traits.xmlFlattened ? node : (node.children.get("entry") ?? { children: new Map() });
  // An assignment would be wrong: a key may be "__proto__".
  return Object.fromEntries(
    counted(entries).flatMap((entry): [string, unknown][] => {
      const key = entry.children.get(shape.key().traits.xmlName ?? "key")?.text;
      const value = entry.children.get(shape.value().traits.xmlName ?? "value");
      return key === undefined || value === undefined ? [] : [[key, readNode(shape.value(), value)]];
    }),
  );
}

/** Returns the children in numerical order. */
function counted(node: Node): Node[] {
  return [...node.children]
    .filter(([key]) => /^\d+$/.test(key))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, child]) => child);
}

function readUnmodelled(node: Node): unknown {
  if (node.children.size === 0) return node.text ?? "";
  const member = node.children.get("member");
  if (node.children.size === 1 && member !== undefined) return counted(member).map(readUnmodelled);
  const entry = node.children.get("entry");
  if (node.children.size === 1 && entry !== undefined) return readUnmodelledMap(counted(entry));
  if ([...node.children.keys()].every((key) => /^\d+$/.test(key))) return counted(node).map(readUnmodelled);
  return Object.fromEntries([...node.children].map(([key, child]) => [key, readUnmodelled(child)]));
}

function readUnmodelledMap(entries: Node[]): Record<string, unknown> {
  return Object.fromEntries(
    entries.map(({ children }) => [
      children.get("key")?.text ?? "",
      readUnmodelled(children.get("value") ?? { children: new Map() }),
    ]),
  );
}
