import { describe, expect, it } from "vitest";
import { toFunctionRequest } from "../../src/cli/function-request.ts";
import { explain } from "../../src/operations/explain.ts";
import { createFakeAws } from "../lifecycle/fake-aws.ts";
import { idOf, sampleConfig } from "../lifecycle/samples.ts";

const id = idOf(1);

describe("explain() of a file", () => {
  const aws = createFakeAws();
  aws.parameter = JSON.stringify({ r: 1, current: id, floor: null, suffix: "shop.internal", versions: {} });
  aws.keys.set("current", id);
  const context = {
    config: sampleConfig(),
    clients: aws.clients,
    outputs: { mapParameter: "map", keyValueStoreArn: "arn", webBucket: "web" },
  } as unknown as Parameters<typeof explain>[1];
  const ask = (path: string) =>
    explain(
      toFunctionRequest(new URL(path, "https://shop.example"), { header: [], cookie: [], method: "GET" }),
      context,
    );

  it.each([
    ["/assets/a%20b-1.js", "assets/a b-1.js"],
    [`/builds/${id}/%C3%BC.js`, `builds/${id}/\u00fc.js`],
  ])("finds %s by its name in the bucket", async (path, key) => {
    aws.objects.set(`web/${key}`, {
      body: "1",
      etag: '"1"',
      at: 0,
      input: { ContentType: "text/javascript" },
    });
    expect((await ask(path)).answer).toBe(`200, ${key}`);
  });

  it("reports 404 for a file that is not in the bucket, as the distribution does", async () => {
    expect((await ask("/assets/gone-1.js")).answer).toBe("404, the file is missing");
  });
});
