import { mkdir } from "node:fs/promises";
import { type IncomingHttpHeaders, request } from "node:http";
import { join } from "node:path";
import {
  CloudFormationClient,
  DescribeStacksCommand,
  ListStacksCommand,
} from "@aws-sdk/client-cloudformation";
import { ECSClient, ListClustersCommand, ListServicesCommand } from "@aws-sdk/client-ecs";
import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { ListBucketsCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import {
  GetSecretValueCommand,
  ListSecretsCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { startCrowd } from "./crowd.ts";
import { openStage, REGION, type Stage } from "./stage.ts";

// The whole loop on one machine. Each test continues where the previous one ended.
const STEP_MS = 120_000;
const CROWD = 200;
const WINDOW_SECONDS = 60;

let stage: Stage;
let browser: Browser;
let first: string;
let second: string;
let tabA: Page;
let tabC: Page;

beforeAll(async () => {
  // After a window of a minute the janitor retires a version although pages of it are open.
  stage = await openStage(
    `protection: { ...local.protection, graceSeconds: 1, idleSeconds: 60, windowSeconds: ${WINDOW_SECONDS}, warnSeconds: 0 }, edge: { ...local.edge, mapTtlSeconds: 1 }`,
  );
  browser = await chromium.launch({
    executablePath: inject("browserPath"),
    args: ["--no-sandbox", "--disable-quic"],
  });
}, STEP_MS);

afterAll(async () => {
  await browser?.close();
  await stage?.close();
}, STEP_MS);

describe("the whole loop on one machine", () => {
  it("deploys the platform with the genuine cdk", { timeout: STEP_MS }, async () => {
    await stage.deploy();
    expect(stage.aws.distributions().map((distribution) => distribution.urls.length)).toEqual([2]);
  });

  it("releases contract 1, and a page opens with it", { timeout: STEP_MS }, async () => {
    await stage.run("infra/src/cli/release.ts", ["--allow-dirty"], { DEMO_CONTRACT: "1" });
    tabA = await open("/shop/lanterns?x=1#details");
    first = await text(tabA, "page-version");
    expect(first).toMatch(/^\d{8}-\d{6}-[0-9a-f]{7}$/);
    await answeredBy(tabA, first);
    expect(await text(tabA, "contract")).toBe("Orders");
    tabC = await open("/");
    await answeredBy(tabC, first);
  });

  it("gives the browser a cookie that pins requests without the header", async () => {
    const [cookie] = await tabA.context().cookies();
    expect(cookie).toMatchObject({
      name: "__Host-lockstep",
      value: first,
      httpOnly: true,
      secure: true,
      sameSite: "Lax",
    });
    // A typed URL of the API has no page script, so only the cookie pins it.
    const typed = await tabA.context().newPage();
    await typed.setExtraHTTPHeaders({ "x-lockstep-explain": "1" });
    const answer = (await typed.goto(`${stage.url}/api/health`))!.headers();
    expect(answer["x-lockstep-served"]).toBe(first);
    expect(answer["x-lockstep-explain"]).toContain(`carrier=cookie; pin=${first}; decision=pinned`);
    await typed.close();
  });

  it("answers the status check with current, whatever its pin", async () => {
    const pinned = {
      "x-lockstep-version": "20200101-000000-0000000",
      cookie: "__Host-lockstep=20200101-000000-0000000",
    };
    const status = await ask(`${stage.url}/.lockstep/status?lockstep=20200101-000000-0000000`, pinned);
    expect(JSON.parse(status.body)).toEqual({
      r: expect.any(Number),
      current: first,
      floor: null,
      ending: {},
    });
    expect(status.headers["cache-control"]).toBe("no-store");
  });

  it("shows the deployed resources to any AWS client", async () => {
    const at = inRegion();
    const map = await new SSMClient(at).send(
      new GetParameterCommand({ Name: "/lockstep/lockstep/version-map" }),
    );
    const { current, versions } = JSON.parse(map.Parameter!.Value!);
    expect({ current, versions: Object.keys(versions) }).toEqual({ current: first, versions: [first] });
    const { StackSummaries } = await new CloudFormationClient(at).send(new ListStacksCommand({}));
    expect(StackSummaries!.map((stack) => stack.StackName)).toContain(`lockstep-v-${first}`);
    const ecs = new ECSClient(at);
    const { clusterArns } = await ecs.send(new ListClustersCommand({}));
    const { serviceArns } = await ecs.send(new ListServicesCommand({ cluster: clusterArns![0]! }));
    expect(serviceArns!.some((arn) => arn.endsWith(first))).toBe(true);
    const elb = new ElasticLoadBalancingV2Client(at);
    const { LoadBalancers } = await elb.send(new DescribeLoadBalancersCommand({}));
    const { Listeners } = await elb.send(
      new DescribeListenersCommand({ LoadBalancerArn: LoadBalancers![0]!.LoadBalancerArn! }),
    );
    const { Rules } = await elb.send(new DescribeRulesCommand({ ListenerArn: Listeners![0]!.ListenerArn! }));
    expect(JSON.stringify(Rules)).toContain(`${first}.lockstep.internal`);
    const s3 = new S3Client({ ...at, forcePathStyle: true });
    const { Buckets } = await s3.send(new ListBucketsCommand({}));
    const web = Buckets!.find(({ Name }) => Name?.includes("web"))!.Name!;
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: web, Prefix: `builds/${first}/` }));
    expect(Contents!.map(({ Key }) => Key)).toContain(`builds/${first}/index.html`);
  });

  it("lets only CloudFront through to the load balancer, and answers 409 for an unknown version", async () => {
    const stranger = await ask(`${stage.loadBalancerUrl}/api/health`, { host: `${first}.lockstep.internal` });
    expect(stranger.status).toBe(403);
    const secret = await originSecret();
    const unknown = await ask(`${stage.loadBalancerUrl}/api/health`, {
      host: "20200101-000000-0000000.lockstep.internal",
      "x-lockstep-origin-secret": secret,
    });
    expect(unknown.status).toBe(409);
    expect(JSON.parse(unknown.body)).toMatchObject({ type: "urn:lockstep:version-gone" });
    const known = await ask(`${stage.loadBalancerUrl}/api/health`, {
      host: `${first}.lockstep.internal`,
      "x-lockstep-origin-secret": secret,
    });
    expect(known.headers["x-lockstep-served"]).toBe(first);
  });

  it("ignores forged headers of a viewer", async () => {
    const forged = {
      "x-lockstep-carrier": "cookie",
      "x-lockstep-outcome": "forged",
      "x-lockstep-current": "forged",
      "x-lockstep-served": "forged",
      "x-lockstep-origin-secret": "forged",
      "x-forwarded-host": "evil.example",
      host: "evil.example",
    };
    for (const pin of ["latest", "../../etc", `${first}x`, first.toUpperCase().replace(/\d$/, "G"), ""]) {
      const answer = await ask(`${stage.url}/api/health`, { ...forged, "x-lockstep-version": pin });
      expect(answer, `pin "${pin}"`).toMatchObject({ status: 200 });
      expect(answer.headers).toMatchObject({
        "x-lockstep-served": first,
        "x-lockstep-outcome": "current",
        "x-lockstep-current": first,
      });
    }
    const unknown = "20200101-000000-0000000";
    const byHeader = await ask(`${stage.url}/api/health`, { ...forged, "x-lockstep-version": unknown });
    expect(byHeader.status).toBe(409);
    expect(JSON.parse(byHeader.body)).toMatchObject({
      type: "urn:lockstep:version-gone",
      version: unknown,
      current: first,
    });
    const byQuery = await ask(`${stage.url}/api/health?lockstep=${unknown}`, forged);
    expect(byQuery.status).toBe(409);
    const byCookie = await ask(`${stage.url}/api/health`, {
      ...forged,
      cookie: `__Host-lockstep=${unknown}`,
    });
    expect(byCookie.headers).toMatchObject({ "x-lockstep-served": first, "x-lockstep-outcome": "fell-back" });
  });

  it("keeps every pinned connection on its version while contract 2 is released", {
    timeout: STEP_MS,
  }, async () => {
    const crowds = [
      startCrowd(stage.url, first, CROWD / 2),
      startCrowd(stage.otherEdgeUrl, first, CROWD / 2),
    ];
    await stage.run("infra/src/cli/release.ts", ["--allow-dirty"], { DEMO_CONTRACT: "2" });
    for (const crowd of crowds) {
      const { sent, right, wrong, lost } = await crowd.stop();
      console.log(
        `${CROWD / 2} connections on one edge: ${sent} sent, ${right} right, ${wrong.length} wrong, ${lost.length} lost`,
      );
      expect({ wrong, lost }).toEqual({ wrong: [], lost: [] });
      expect(right).toBe(sent);
      expect(sent).toBeGreaterThan(CROWD);
    }
  });

  it("shows the new version to a new tab while the open tab keeps using the old one", {
    timeout: STEP_MS,
  }, async () => {
    const tabB = await open("/");
    second = await text(tabB, "page-version");
    expect(second > first).toBe(true);
    await answeredBy(tabB, second);
    expect(await text(tabB, "contract")).toBe("Purchases");
    await tabB.getByText("You are on the newest version.").waitFor();
    await expect.poll(() => text(tabB, "current-version")).toBe(second);

    await tabA.fill("[name=what]", "Compass");
    await press(tabA, "Add");
    await tabA.getByText("1 × Compass").waitFor();
    await answeredBy(tabA, first);
    await press(tabA, "Load it");
    await tabA.getByTestId("lazy").waitFor();
    await tabA.fill("[name=text]", "still there");
    await press(tabA, "Send");
    await tabA.getByText(`“still there”, echoed by ${first}`).waitFor();
    const tick = await text(tabA, "tick");
    await expect.poll(() => text(tabA, "tick")).not.toBe(tick);
    await tabA.getByText("A newer version is out").waitFor();
    await screenshots({ "1-old-version": tabA, "2-new-version": tabB });
    await tabB.close();
  });

  it("gives the open tab the new version when it reloads, at the same URL", {
    timeout: STEP_MS,
  }, async () => {
    await press(tabA, "Reload");
    await tabA.getByRole("heading", { name: "Purchases" }).waitFor();
    await answeredBy(tabA, second);
    expect(new URL(tabA.url()).pathname + new URL(tabA.url()).search + new URL(tabA.url()).hash).toBe(
      "/shop/lanterns?x=1#details",
    );
  });

  it("retires the old version, reports that to its last page, and leads the page to the new version", {
    timeout: 2 * STEP_MS,
  }, async () => {
    await stage.shortenDrain(1);
    await stage.moveClock(WINDOW_SECONDS * 1000);
    await expect
      .poll(
        async () => {
          await stage.run("infra/src/cli/lockstep.ts", ["janitor", "run"]);
          return stateOf(first);
        },
        { timeout: 2 * STEP_MS - 10_000, interval: 1000 },
      )
      .toBe("retired");
    await press(tabC, "Load again");
    await tabC.getByText("This version of the page is gone.").waitFor();
    await screenshots({ "3-gone": tabC });
    await press(tabC, "Reload now");
    await tabC.getByRole("heading", { name: "Purchases" }).waitFor();
    await answeredBy(tabC, second);
  });

  it("refuses to destroy the platform while versions run, and leaves nothing after --with-versions", {
    timeout: STEP_MS,
  }, async () => {
    await expect(stage.destroy(["--force"])).rejects.toThrow(`Running versions: lockstep-v-${second}`);
    await answeredBy(await open("/"), second);
    await stage.destroy(["--with-versions", "--force"]);
    const { Stacks } = await new CloudFormationClient(inRegion()).send(new DescribeStacksCommand({}));
    expect(Stacks).toEqual([]);
    expect(stage.aws.distributions()).toEqual([]);
  });
});

async function open(path: string): Promise<Page> {
  // Tabs of one browser share the cookie.
  const context =
    browser.contexts()[0] ?? (await browser.newContext({ viewport: { width: 760, height: 900 } }));
  const page = await context.newPage();
  await page.goto(`${stage.url}${path}`);
  return page;
}

/** Clicks a button in the tab, which a user sees then. Chromium draws hidden tabs once a second. */
async function press(page: Page, button: string): Promise<void> {
  await page.bringToFront();
  await page.getByRole("button", { name: button, exact: true }).click();
}

async function text(page: Page, testId: string): Promise<string> {
  return (await page.getByTestId(testId).textContent()) ?? "";
}

async function answeredBy(page: Page, version: string): Promise<void> {
  await expect.poll(() => text(page, "answered-by")).toBe(version);
}

/** Options of AWS clients for the local AWS. */
function inRegion() {
  const credentials = { accessKeyId: "any", secretAccessKey: "any" };
  return { region: REGION, endpoint: stage.aws.endpoint, credentials };
}

/** Sends a request with any headers. `fetch` cannot set Host, but a hostile client can. */
function ask(
  url: string,
  headers: Record<string, string>,
): Promise<{ status: number | undefined; headers: IncomingHttpHeaders; body: string }> {
  return new Promise((resolve, reject) => {
    const sending = request(url, { headers }, async (response) => {
      response.setEncoding("utf8");
      let body = "";
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode, headers: response.headers, body });
    });
    sending.once("error", reject);
    sending.end();
  });
}

async function originSecret(): Promise<string> {
  const secrets = new SecretsManagerClient(inRegion());
  const { SecretList } = await secrets.send(new ListSecretsCommand({}));
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: SecretList![0]!.ARN! }));
  return SecretString!;
}

async function stateOf(id: string): Promise<string | undefined> {
  const { versions } = JSON.parse(await stage.run("infra/src/cli/lockstep.ts", ["versions", "--json"])) as {
    versions: { id: string; state: string }[];
  };
  return versions.find((version) => version.id === id)?.state;
}

/** Takes screenshots if a folder for them is set: LOCKSTEP_SCREENSHOTS=<folder> npm test */
async function screenshots(pages: Record<string, Page>): Promise<void> {
  const folder = process.env.LOCKSTEP_SCREENSHOTS;
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  for (const [name, page] of Object.entries(pages))
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
