import { beforeAll, describe, expect, it } from "vitest";
import { toFunctionRequest } from "../../src/cli/function-request.ts";
import { explain } from "../../src/operations/explain.ts";
import { idOf, sampleConfig } from "../lifecycle/samples.ts";
import { type Aws, openAws } from "../support/open-aws.ts";

const id = idOf(1);

describe("explain() of a file", () => {
  let aws: Aws;
  let context: Parameters<typeof explain>[1];
  beforeAll(async () => {
    aws = await openAws();
    await aws.putMap(
      JSON.stringify({ r: 1, current: id, floor: null, suffix: "shop.internal", versions: {} }),
    );
    await aws.putKey("current", id);
    const { clients, outputs } = aws;
    context = { config: sampleConfig(), clients, outputs } as unknown as typeof context;
  });
  const ask = (path: string) =>
    explain(
      toFunctionRequest(new URL(path, "https://shop.example"), { header: [], cookie: [], method: "GET" }),
      context,
    );

  it.each([
    ["/assets/a%20b-1.js", "assets/a b-1.js"],
    [`/builds/${id}/%C3%BC.js`, `builds/${id}/\u00fc.js`],
  ])("finds %s by its name in the bucket", async (path, key) => {
    await aws.objects.put("web", key, "1", { ContentType: "text/javascript" });
    expect((await ask(path)).answer).toBe(`200, ${key}`);
  });

  it("reports 404 for a file that is not in the bucket, as the distribution does", async () => {
    expect((await ask("/assets/gone-1.js")).answer).toBe("404, the file is missing");
  });
});
