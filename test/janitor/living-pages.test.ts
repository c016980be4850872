import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AwsClients,
  createAwsClients,
  createLifecycle,
  createStack,
  defineConfig,
  destroyAwsClients,
  type JanitorReport,
  type Lifecycle,
  type PlatformOutputs,
  runJanitor,
  synthVersionStack,
} from "@lockstep/infra/rehearsal";
import { APP, createPlatform, ORIGIN_SECRET, REGION } from "@lockstep/infra/test/create-platform";
import { type LocalAws, startLocalAws } from "@lockstep/local";
import { pushFolderImage } from "@lockstep/local/images";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { ROOT } from "../../local/start/state-file.ts";

// Real tasks with the API's middleware behind the local load balancer, and the janitor. The test moves the clock of AWS and the
// janitor. The tasks use the real time.
const MINUTE = 60_000;
const [old, current] = ["20261122-101500-1f3a9c2", "20261122-111500-1f3a9c2"] as const;
const config = defineConfig({
  app: APP,
  region: REGION,
  web: { folder: "web", build: "true", output: "dist" },
  api: {
    folder: "api",
    build: "true",
    output: "dist",
    healthPath: "/api/health",
    image: { kind: "docker", dockerfile: "Dockerfile" },
  },
  protection: { graceSeconds: "10m", idleSeconds: "30m", rollbackVersions: 0 },
  edge: { mapTtlSeconds: 1 },
});
/**
 * A small API. It reports its counts every 200 ms instead of every minute. Each change gets the timestamp of another minute, because
 * CloudWatch keeps one value per minute.
 */
const API = `
import { createServer } from "node:http";
import Koa from "koa";
import { WebSocketServer } from "ws";
import { lockstep } from "./src/lockstep.ts";
let minute = -8;
let before;
const write = (line) => {
  const report = JSON.parse(line);
  const some = report.OpenConnections + report.InFlight > 0;
  if (some !== before) minute++;
  before = some;
  report._aws.Timestamp += minute * 60_000;
  console.log(JSON.stringify(report));
};
const page = lockstep({ tellEveryMs: 200, write });
const app = new Koa();
app.use(page);
app.use((ctx) => { ctx.body = "ok"; });
const server = createServer(app.callback());
new WebSocketServer({ server }).on("connection", (socket) => page.hold(socket));
server.listen(process.env.PORT);
process.once("SIGTERM", () => { page.reconnectPlease(); server.close(); page.stop(); server.closeAllConnections(); });
`;

let aws: LocalAws;
let clients: AwsClients;
let lifecycle: Lifecycle;
let outputs: PlatformOutputs;
let folder: string;
let before: NodeJS.ProcessEnv;
let offsetMs = -2 * 60 * MINUTE;
const clock = {
  now: () => Date.now() + offsetMs,
  async sleep(ms: number) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(ms, 50)));
    offsetMs += Math.max(0, ms - 50);
  },
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-living-"));
  const api = join(folder, "index.mjs");
  const banner = {
    js: `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);`,
  };
  const stdin = { contents: API, resolveDir: join(ROOT, "api"), loader: "ts" as const };
  await build({
    stdin,
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: api,
    banner,
    logLevel: "error",
  });
  aws = await startLocalAws({ now: clock.now });
  before = { ...process.env };
  const { port } = new URL(aws.endpoint);
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: aws.endpoint,
    AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE: `http://localhost:${port}`,
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
  });
  await import("@lockstep/local/aws-names");
  outputs = await createPlatform(aws.cloud);
  clients = createAwsClients(REGION);
  lifecycle = createLifecycle({ config, outputs, clients, process: { host: "test", pid: 1 }, clock });
  for (const id of [old, current]) await makeVersion(id);
  await lifecycle.publishMap();
  await lifecycle.writePointer();
  offsetMs = 0; // `old` was superseded two hours ago.
}, 60_000);

afterAll(async () => {
  if (clients) destroyAwsClients(clients);
  await aws?.close();
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
  await rm(folder, { recursive: true, force: true });
});

async function makeVersion(id: string): Promise<void> {
  const repositoryUri = outputs.imageRepositoryUri;
  const image = await pushFolderImage(["node", "index.mjs"], { folder, id, repositoryUri });
  await lifecycle.manifests.write(id, new Map());
  const names = {
    host: `${id}.${config.edge.hostSuffix}`,
    targetGroup: `ls-${id}`,
    stack: `${APP}-v-${id}`,
    service: id,
  };
  const plan = { git: { commit: "1f3a9c2".padEnd(40, "0"), dirty: false }, image, files: 0, ...names };
  const { versions } = await lifecycle.apply(
    { type: "deploy", id, plan, maxVersions: 20 },
    { actor: "test" },
  );
  const { stackName, templateBody, tags } = synthVersionStack({
    ...{ app: APP, id, slot: versions[id]!.slot!, image, desiredCount: 1, config, outputs },
  });
  const input = { StackName: stackName, TemplateBody: templateBody, Tags: tags };
  const made = await createStack(input, {
    cloudformation: clients.cloudformation,
    clock: { ...clock, sleep: (ms) => new Promise((done) => setTimeout(done, ms / 5)) },
  });
  await lifecycle.apply(
    [
      { type: "publish", id, targetGroupArn: made.TargetGroupArn! },
      { type: "promote", id },
    ],
    { actor: "test" },
  );
}

/** CloudFront's headers to the load balancer: the version's host and the secret. */
const headers = { host: `${old}.${config.edge.hostSuffix}`, "x-lockstep-origin-secret": ORIGIN_SECRET };

function run(): Promise<JanitorReport> {
  const deadline = clock.now() + 14 * MINUTE;
  return runJanitor({ config, outputs, clients, lifecycle, clock, deadline, log: () => {} });
}

async function reasonOf(id: string): Promise<string | undefined> {
  const { plan, failed } = await run();
  expect(failed).toEqual([]);
  return plan.kept.find((kept) => kept.id === id)?.reason;
}

/** Returns the last count of the old version in CloudWatch. */
async function openConnections(): Promise<number | undefined> {
  const [from, until] = [clock.now() - 10 * MINUTE, clock.now() + MINUTE];
  const answer = await aws.cloud.call(
    "monitoring",
    "GetMetricData",
    {
      StartTime: new Date(from),
      EndTime: new Date(until),
      MetricDataQueries: [
        {
          Id: "m",
          MetricStat: {
            Metric: {
              Namespace: "Lockstep",
              MetricName: "OpenConnections",
              Dimensions: [
                { Name: "App", Value: APP },
                { Name: "Version", Value: old },
              ],
            },
            Period: 60,
            Stat: "Minimum",
          },
        },
      ],
    },
    { region: REGION },
  );
  return answer.MetricDataResults[0].Values[0];
}

it("keeps a version while a page has a WebSocket open or sends heartbeats, and retires it when the page is silent", {
  timeout: 60_000,
}, async () => {
  const { url } = aws.listeners()[0]!;
  const socket = new WebSocket(`${url.replace("http", "ws")}/api/socket`, { headers });
  await once(socket, "open");
  await expect.poll(openConnections, { timeout: 10_000 }).toBeGreaterThan(0);
  expect(await reasonOf(old)).toMatch(/^[1-9]\d* open connections?$/);

  socket.close();
  await once(socket, "close");
  await expect.poll(openConnections, { timeout: 10_000 }).toBe(0);
  offsetMs += 20 * MINUTE;
  const { request } = await import("node:http");
  const [response] = (await once(request(`${url}/api/health`, { headers }).end(), "response")) as [
    { statusCode: number; resume(): void },
  ];
  response.resume();
  expect(response.statusCode).toBe(200);
  await expect
    .poll(() => reasonOf(old), { timeout: 10_000 })
    .toBe("last request within the last 2 min, 0 open connections");
  offsetMs += 25 * MINUTE;
  expect(await reasonOf(old)).toMatch(/^last request 2\d min ago, 0 open connections$/);

  offsetMs += 10 * MINUTE;
  expect((await run()).done).toEqual([{ kind: "retired", id: old }]);
  expect((await lifecycle.store.read()).versions[old]!.state).toBe("retired");
});
