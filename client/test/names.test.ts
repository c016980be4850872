import { describe, expect, it } from "vitest";
import * as names from "../src/names.ts";

const edge = (await import(new URL("../../edge/src/names.ts", import.meta.url).href)) as Record<
  string,
  unknown
>;
const { VERSION_ID } = (await import(new URL("../../edge/src/version-id.ts", import.meta.url).href)) as {
  VERSION_ID: RegExp;
};

describe("client/src/names.ts", () => {
  it.each(Object.entries(names))("%s is that of the edge", (name, value) => {
    expect(name === "VERSION_ID" ? new RegExp(`^${value}$`) : value).toEqual({ ...edge, VERSION_ID }[name]);
  });
});
