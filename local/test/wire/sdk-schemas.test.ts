import { readFileSync } from "node:fs";
import * as ecs from "@aws-sdk/client-ecs";
import * as s3 from "@aws-sdk/client-s3";
import { NormalizedSchema } from "@smithy/core/schema";
import { describe, expect, it } from "vitest";
import { shapeOf } from "../../src/wire/schema.ts";
import { errorsOf, operationsOf, requiredMembers, timestampFormatOf } from "../../src/wire/sdk-schemas.ts";

/** The version with which the layout was last checked. A failure shows the installed version, too. */
const CHECKED_WITH = "3.1169.0";
const entry = import.meta.resolve("@aws-sdk/client-s3");
const manifest = new URL(
  "package.json",
  `${entry.slice(0, entry.indexOf("/client-s3/") + "/client-s3/".length)}`,
);
const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
const changed =
  `@aws-sdk/client-s3 ${version} lays its schemas out differently from ${CHECKED_WITH}: ` +
  "compare @smithy/types, schema/static-schemas, with local/src/wire/sdk-schemas.ts";

describe(`the static schemas of SDK ${version}`, () => {
  it("export every command of a client as an operation", () => {
    const commands = Object.keys(s3).filter((name) => /^[A-Z].*Command$/.test(name));
    const names = operationsOf(s3).map(({ name }) => `${name}Command`);
    expect(names.sort(), changed).toEqual(commands.sort());
  });

  it("give an operation's route, input and output", () => {
    const put = operationsOf(s3).find(({ name }) => name === "PutObject")!;
    expect(put.http, changed).toEqual(["PUT", "/{Key+}?x-id=PutObject", 200]);
    expect(shapeOf(put.input).name, changed).toBe("PutObjectRequest");
    expect(shapeOf(put.output).name, changed).toBe("PutObjectOutput");
    const run = operationsOf(ecs).find(({ name }) => name === "RunTask")!;
    expect(run.http, changed).toBeUndefined();
  });

  it("list the required members of a structure first, and count them", () => {
    const put = NormalizedSchema.of(s3.PutObjectRequest$);
    expect(requiredMembers(put), changed).toEqual(["Bucket", "Key"]);
  });

  it("export errors with their traits", () => {
    const error = errorsOf(s3).find((schema) => schema.getName() === "NoSuchKey");
    expect(error?.getMergedTraits(), changed).toMatchObject({ httpError: 404 });
  });

  it("number the formats of timestamps", () => {
    const formats = [4, 5, 6, 7].map((code) => timestampFormatOf(NormalizedSchema.of(code)));
    expect(formats, changed).toEqual([undefined, "date-time", "http-date", "epoch-seconds"]);
    const retain = NormalizedSchema.of(s3.ObjectLockRetention$).getMemberSchema("RetainUntilDate");
    expect(timestampFormatOf(retain), changed).toBe("date-time");
  });
});
