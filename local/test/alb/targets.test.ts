import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStage, type Stage, until } from "./stage.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const bodies = async (count: number) => {
  const seen: string[] = [];
  for (let i = 0; i < count; i++) seen.push((await stage.send()).body);
  return seen;
};

describe("targets", () => {
  it("with one address and two ports are two targets, used in turn", async () => {
    const a = await stage.target((_request, response) => response.end("a"));
    const b = await stage.target((_request, response) => response.end("b"));
    await stage.group([a, b]);
    const seen = await bodies(6);
    expect(seen.filter((body) => body === "a")).toHaveLength(3);
    expect(seen.filter((body) => body === "b")).toHaveLength(3);
  });

  it("are unused until a rule uses their group, and again after the rule is deleted", async () => {
    const target = await stage.target();
    const { TargetGroups } = await stage.elb("CreateTargetGroup", {
      ...{ Name: "lonely", Protocol: "HTTP", Port: 80, VpcId: "vpc-1", TargetType: "ip" },
    });
    const { TargetGroupArn } = TargetGroups[0];
    await stage.elb("RegisterTargets", { TargetGroupArn, Targets: [{ Id: "127.0.0.1", Port: target.port }] });
    const { TargetHealthDescriptions } = await stage.elb("DescribeTargetHealth", { TargetGroupArn });
    expect(TargetHealthDescriptions[0].TargetHealth).toMatchObject({
      State: "unused",
      Reason: "Target.NotInUse",
    });
    const group = await stage.group([target]);
    await stage.elb("DeleteRule", { RuleArn: group.ruleArn });
    expect(await group.states()).toEqual({ [target.port]: "unused" });
  });

  it("get no request before their first passing check: 503", async () => {
    let status = 500;
    const target = await stage.target(undefined, { health: () => status });
    const group = await stage.group([target], { healthy: false });
    await until("a check", target.checks, (count) => count > 1);
    expect(await group.states()).toEqual({ [target.port]: "initial" });
    expect(await stage.send()).toMatchObject({ status: 503 });
    status = 200;
    await until("healthy", group.states, (states) => states[target.port] === "healthy");
    expect(await stage.send()).toMatchObject({ status: 200, body: "hello" });
  });

  it("that fail their checks are unhealthy with the reason, and get no traffic while another is healthy", async () => {
    let status = 200;
    const bad = await stage.target((_request, response) => response.end("bad"), { health: () => status });
    const good = await stage.target((_request, response) => response.end("good"));
    const group = await stage.group([bad, good]);
    status = 500;
    await until("unhealthy", group.states, (states) => states[bad.port] === "unhealthy");
    expect(await bodies(4)).toEqual(["good", "good", "good", "good"]);
    const { TargetHealthDescriptions } = await stage.elb("DescribeTargetHealth", {
      TargetGroupArn: group.arn,
      Targets: [{ Id: "127.0.0.1", Port: bad.port }],
    });
    expect(TargetHealthDescriptions).toEqual([
      {
        Target: { Id: "127.0.0.1", Port: bad.port },
        HealthCheckPort: String(bad.port),
        TargetHealth: {
          State: "unhealthy",
          Reason: "Target.ResponseCodeMismatch",
          Description: "Health checks failed with these codes: [500]",
        },
      },
    ]);
  });

  it("all get traffic when all are unhealthy", async () => {
    const target = await stage.target(undefined, { health: () => 500 });
    const group = await stage.group([target], { healthy: false });
    await until("unhealthy", group.states, (states) => states[target.port] === "unhealthy");
    expect(await stage.send()).toMatchObject({ status: 200, body: "hello" });
  });

  it("are checked on the group's path and matcher, with their address as Host", async () => {
    const hosts: string[] = [];
    const target = await stage.target((request, response) => {
      hosts.push(`${request.url} ${request.headers.host} ${request.headers["user-agent"]}`);
      response.writeHead(204).end();
    });
    await stage.group([target], {
      settings: { HealthCheckPath: "/ready?deep=1", Matcher: { HttpCode: "200,204" } },
    });
    expect(hosts[0]).toBe(`/ready?deep=1 127.0.0.1:${target.port} ELB-HealthChecker/2.0`);
  });

  it("with the fewest requests in flight come first if the group is set so", async () => {
    const held = Promise.withResolvers<void>();
    const slow = await stage.target(async (_request, response) => {
      await held.promise;
      response.end("slow");
    });
    const quick = await stage.target((_request, response) => response.end("quick"));
    const algorithm = { "load_balancing.algorithm.type": "least_outstanding_requests" };
    await stage.group([slow, quick], { attributes: algorithm });
    const first: Promise<unknown>[] = [stage.send(), stage.send()];
    const hanging = Promise.all(first);
    await Promise.race(first);
    expect(await bodies(4)).toEqual(["quick", "quick", "quick", "quick"]);
    held.resolve();
    await hanging;
  });
});

describe("a forward to several target groups", () => {
  it("divides requests by weight", async () => {
    const a = await stage.target((_request, response) => response.end("a"));
    const b = await stage.target((_request, response) => response.end("b"));
    const first = await stage.group([a]);
    const second = await stage.group([b], { host: "other.internal" });
    const TargetGroups = [
      { TargetGroupArn: first.arn, Weight: 3 },
      { TargetGroupArn: second.arn, Weight: 1 },
    ];
    await stage.elb("ModifyRule", {
      RuleArn: first.ruleArn,
      Actions: [{ Type: "forward", ForwardConfig: { TargetGroups } }],
    });
    const seen = await bodies(8);
    expect(seen.filter((body) => body === "b")).toHaveLength(2);
  });
});

describe("a target group without targets", () => {
  it("is a 503 with the load balancer's page", async () => {
    await stage.group([]);
    const answer = await stage.send();
    expect(answer.status).toBe(503);
    expect(answer.body).toContain("503 Service Unavailable");
    expect(answer.headers.server).toBe("awselb/2.0");
  });
});
