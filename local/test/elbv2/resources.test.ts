import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import {
  AddTagsCommand,
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  DeleteListenerCommand,
  DeleteLoadBalancerCommand,
  DeleteRuleCommand,
  DeleteTargetGroupCommand,
  DeregisterTargetsCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ModifyListenerCommand,
  ModifyLoadBalancerAttributesCommand,
  ModifyTargetGroupAttributesCommand,
  ModifyTargetGroupCommand,
  RegisterTargetsCommand,
  RemoveTagsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createListener,
  createLoadBalancer,
  createTargetGroup,
  FORBIDDEN,
  openStage,
  ruleFor,
  type Stage,
} from "./stage.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const statusAt = async (url: string) => (await fetch(url)).status;

describe("a load balancer", () => {
  it("is described with the settings of its creation", async () => {
    const arn = await createLoadBalancer(stage.client);
    const { LoadBalancers } = await stage.client.send(new DescribeLoadBalancersCommand({ Names: ["edge"] }));
    expect(LoadBalancers![0]).toMatchObject({
      LoadBalancerArn: arn,
      LoadBalancerName: "edge",
      Scheme: "internet-facing",
      State: { Code: "active" },
      Type: "application",
    });
    expect(arn).toMatch(
      /^arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer\/app\/edge\/[0-9a-f]{16}$/,
    );
    expect(LoadBalancers![0]!.DNSName).toMatch(/^edge-\d+\.eu-west-1\.elb\.amazonaws\.com$/);
    expect(LoadBalancers![0]!.CreatedTime).toBeInstanceOf(Date);
  });

  it("is returned again for the same settings, and refused for other settings of the same name", async () => {
    const arn = await createLoadBalancer(stage.client);
    expect(await createLoadBalancer(stage.client)).toBe(arn);
    await expect(
      stage.client.send(new CreateLoadBalancerCommand({ Name: "edge", Subnets: ["subnet-a", "subnet-c"] })),
    ).rejects.toMatchObject({ name: "DuplicateLoadBalancerNameException" });
  });

  it("requires two subnets", async () => {
    await expect(
      stage.client.send(new CreateLoadBalancerCommand({ Name: "edge", Subnets: ["subnet-a"] })),
    ).rejects.toThrow("At least two subnets");
  });

  it("deletes its listeners, rules and ports with it, unless it is protected", async () => {
    const arn = await createLoadBalancer(stage.client);
    await createListener(stage.client, arn);
    const group = await createTargetGroup(stage.client, "group");
    const { url } = stage.service.listeners()[0]!;
    expect(await statusAt(url)).toBe(403);
    const protect = (Value: string) =>
      stage.client.send(
        new ModifyLoadBalancerAttributesCommand({
          LoadBalancerArn: arn,
          Attributes: [{ Key: "deletion_protection.enabled", Value }],
        }),
      );
    await protect("true");
    await expect(
      stage.client.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: arn })),
    ).rejects.toMatchObject({ name: "OperationNotPermittedException" });
    await protect("false");
    await stage.client.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: arn }));
    await expect(statusAt(url)).rejects.toThrow();
    expect(stage.cloud.listenerPorts.size).toBe(0);
    await stage.client.send(new DeleteTargetGroupCommand({ TargetGroupArn: group }));
  });

  it("refuses an unknown attribute and one that is not simulated, and keeps the others", async () => {
    const arn = await createLoadBalancer(stage.client);
    const modify = (Key: string, Value: string) =>
      stage.client.send(
        new ModifyLoadBalancerAttributesCommand({
          LoadBalancerArn: arn,
          Attributes: [
            { Key: "idle_timeout.timeout_seconds", Value: "120" },
            { Key, Value },
          ],
        }),
      );
    await expect(modify("no.such.attribute", "1")).rejects.toThrow("not recognized");
    await expect(modify("access_logs.s3.enabled", "true")).rejects.toThrow("access_logs.s3.enabled");
    await expect(modify("idle_timeout.timeout_seconds", "4001")).rejects.toThrow("from 1 to 4000");
    const { Attributes } = await modify("routing.http2.enabled", "false");
    expect(Attributes).toContainEqual({ Key: "idle_timeout.timeout_seconds", Value: "120" });
  });
});

describe("a listener", () => {
  it("is a server on this machine, found by the load balancer's name and its port on AWS", async () => {
    const arn = await createLoadBalancer(stage.client);
    await createListener(stage.client, arn, 80);
    const [open] = stage.service.listeners();
    expect(open!.port).toBe(80);
    expect(stage.cloud.listenerPorts.get(`${open!.dnsName}:80`)).toBe(Number(new URL(open!.url).port));
    expect(await statusAt(open!.url)).toBe(403);
  });

  it("is refused on a port in use, even while the first one is being opened", async () => {
    const arn = await createLoadBalancer(stage.client);
    const both = await Promise.allSettled([
      createListener(stage.client, arn),
      createListener(stage.client, arn),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const { reason } = both.find(({ status }) => status === "rejected") as PromiseRejectedResult;
    expect(reason).toMatchObject({ name: "DuplicateListenerException" });
  });

  it("changes its default action and its port at once", async () => {
    const arn = await createLoadBalancer(stage.client);
    const ListenerArn = await createListener(stage.client, arn);
    const teapot = { Type: "fixed-response", FixedResponseConfig: { StatusCode: "418" } } as const;
    await stage.client.send(new ModifyListenerCommand({ ListenerArn, Port: 8080, DefaultActions: [teapot] }));
    const [open] = stage.service.listeners();
    expect(open!.port).toBe(8080);
    expect([...stage.cloud.listenerPorts.keys()]).toEqual([`${open!.dnsName}:8080`]);
    expect(await statusAt(open!.url)).toBe(418);
  });

  it("refuses HTTPS by name", async () => {
    const LoadBalancerArn = await createLoadBalancer(stage.client);
    const listener = { LoadBalancerArn, Port: 443, DefaultActions: [FORBIDDEN] };
    await expect(
      stage.client.send(new CreateListenerCommand({ ...listener, Protocol: "HTTPS" })),
    ).rejects.toThrow("Protocol 'HTTPS'");
  });

  it("closes its port and frees its target group when it is deleted", async () => {
    const arn = await createLoadBalancer(stage.client);
    const ListenerArn = await createListener(stage.client, arn);
    const group = await createTargetGroup(stage.client, "group");
    await stage.client.send(new CreateRuleCommand(ruleFor(ListenerArn, 1, group)));
    const { url } = stage.service.listeners()[0]!;
    await stage.client.send(new DeleteListenerCommand({ ListenerArn }));
    await expect(statusAt(url)).rejects.toThrow();
    await expect(
      stage.client.send(new DescribeListenersCommand({ ListenerArns: [ListenerArn] })),
    ).rejects.toMatchObject({ name: "ListenerNotFoundException" });
    await stage.client.send(new DeleteTargetGroupCommand({ TargetGroupArn: group }));
  });
});

describe("local ports", () => {
  /** Returns a port that was free a moment ago. */
  async function freePort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }

  it("go to the first load balancer's listeners in order, and again after it is created again", async () => {
    const wanted = [await freePort(), await freePort()];
    const own = await openStage({ ports: wanted });
    try {
      const ports = () => own.service.listeners().map(({ url }) => Number(new URL(url).port));
      const first = await createLoadBalancer(own.client, "first");
      const second = await createLoadBalancer(own.client, "second");
      await createListener(own.client, first, 80);
      await createListener(own.client, second, 80);
      await createListener(own.client, first, 81);
      await createListener(own.client, first, 82);
      const [a, b, free, other] = ports();
      expect([a, b]).toEqual(wanted);
      expect(wanted).not.toContain(free);
      expect(wanted).not.toContain(other);
      await own.client.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: second }));
      await own.client.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: first }));
      await createListener(own.client, await createLoadBalancer(own.client, "third"), 80);
      expect(ports()).toEqual([wanted[0]]);
    } finally {
      await own.close();
    }
  });

  it("appear in the error when they are in use, and the listener does not remain", async () => {
    const busy = createServer();
    await new Promise<void>((resolve) => busy.listen(0, "127.0.0.1", resolve));
    const { port } = busy.address() as AddressInfo;
    const own = await openStage({ ports: [port] });
    try {
      const arn = await createLoadBalancer(own.client);
      await expect(createListener(own.client, arn)).rejects.toThrow(`Port ${port} of 127.0.0.1`);
      expect(own.service.listeners()).toEqual([]);
      await new Promise((resolve) => busy.close(resolve));
      await createListener(own.client, arn);
      expect(own.service.listeners()[0]!.url).toBe(`http://127.0.0.1:${port}`);
    } finally {
      await own.close();
    }
  });
});

describe("a target group", () => {
  it("has the documented defaults", async () => {
    const arn = await createTargetGroup(stage.client, "group");
    const { TargetGroups } = await stage.client.send(new DescribeTargetGroupsCommand({ Names: ["group"] }));
    expect(TargetGroups![0]).toMatchObject({
      TargetGroupArn: arn,
      HealthCheckPath: "/",
      HealthCheckPort: "traffic-port",
      HealthCheckIntervalSeconds: 30,
      HealthCheckTimeoutSeconds: 5,
      HealthyThresholdCount: 5,
      UnhealthyThresholdCount: 2,
      Matcher: { HttpCode: "200" },
      TargetType: "ip",
    });
    expect(TargetGroups![0]!.LoadBalancerArns ?? []).toEqual([]);
    const { Attributes } = await stage.client.send(
      new DescribeTargetGroupAttributesCommand({ TargetGroupArn: arn }),
    );
    expect(Attributes).toContainEqual({ Key: "deregistration_delay.timeout_seconds", Value: "300" });
  });

  it("shows its load balancer while a rule uses it, and cannot be deleted then", async () => {
    const loadBalancer = await createLoadBalancer(stage.client);
    const listener = await createListener(stage.client, loadBalancer);
    const TargetGroupArn = await createTargetGroup(stage.client, "group");
    const { Rules } = await stage.client.send(new CreateRuleCommand(ruleFor(listener, 1, TargetGroupArn)));
    const { TargetGroups } = await stage.client.send(
      new DescribeTargetGroupsCommand({ LoadBalancerArn: loadBalancer }),
    );
    expect(TargetGroups!.map((group) => group.LoadBalancerArns)).toEqual([[loadBalancer]]);
    const remove = () => stage.client.send(new DeleteTargetGroupCommand({ TargetGroupArn }));
    await expect(remove()).rejects.toMatchObject({ name: "ResourceInUseException" });
    await stage.client.send(new DeleteRuleCommand({ RuleArn: Rules![0]!.RuleArn }));
    await remove();
    await expect(
      stage.client.send(new DescribeTargetGroupsCommand({ Names: ["group"] })),
    ).rejects.toMatchObject({ name: "TargetGroupNotFoundException" });
  });

  it("is refused for other settings of the same name", async () => {
    await createTargetGroup(stage.client, "group");
    await expect(createTargetGroup(stage.client, "group", { Port: 9090 })).rejects.toMatchObject({
      name: "DuplicateTargetGroupNameException",
    });
  });

  it("validates its health settings, also when they are modified", async () => {
    const make = (settings: object) => createTargetGroup(stage.client, "group", settings);
    await expect(make({ HealthCheckIntervalSeconds: 4 })).rejects.toThrow("from 5 to 300");
    await expect(make({ HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 5 })).rejects.toThrow(
      "smaller than the interval",
    );
    await expect(make({ Matcher: { HttpCode: "2xx" } })).rejects.toThrow("matcher '2xx'");
    await expect(make({ TargetType: "lambda" })).rejects.toThrow("TargetType 'lambda'");
    await expect(make({ ProtocolVersion: "HTTP2" })).rejects.toThrow("ProtocolVersion 'HTTP2'");
    const TargetGroupArn = await make({});
    const modify = (changes: object) =>
      stage.client.send(new ModifyTargetGroupCommand({ TargetGroupArn, ...changes }));
    await expect(modify({ HealthyThresholdCount: 11 })).rejects.toThrow("from 2 to 10");
    const { TargetGroups } = await modify({ HealthCheckPath: "/ready" });
    expect(TargetGroups![0]).toMatchObject({ HealthCheckPath: "/ready", HealthyThresholdCount: 5 });
  });

  it("refuses attributes that it does not simulate", async () => {
    const TargetGroupArn = await createTargetGroup(stage.client, "group");
    const Attributes = [{ Key: "stickiness.enabled", Value: "true" }];
    await expect(
      stage.client.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes })),
    ).rejects.toThrow("stickiness.enabled");
  });
});

describe("targets", () => {
  it("default to the group's port; an unknown one is unused, and deregistering it succeeds", async () => {
    const TargetGroupArn = await createTargetGroup(stage.client, "group");
    const send = (Targets: object[]) =>
      ({ TargetGroupArn, Targets }) as { TargetGroupArn: string; Targets: [] };
    await stage.client.send(new RegisterTargetsCommand(send([{ Id: "127.0.0.1" }])));
    const { TargetHealthDescriptions } = await stage.client.send(
      new DescribeTargetHealthCommand(send([{ Id: "127.0.0.1" }, { Id: "127.0.0.1", Port: 9 }])),
    );
    expect(
      TargetHealthDescriptions!.map(({ Target, TargetHealth }) => [Target!.Port, TargetHealth!.Reason]),
    ).toEqual([
      [8080, "Target.NotInUse"],
      [9, "Target.NotRegistered"],
    ]);
    await stage.client.send(new DeregisterTargetsCommand(send([{ Id: "127.0.0.1", Port: 9 }])));
    await stage.client.send(new DeregisterTargetsCommand(send([{ Id: "127.0.0.1" }])));
    const after = await stage.client.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
    expect(after.TargetHealthDescriptions ?? []).toEqual([]);
    await expect(
      stage.client.send(new RegisterTargetsCommand(send([{ Id: "i-0123456789abcdef0" }]))),
    ).rejects.toThrow("not a valid IPv4 address");
  });
});

describe("tags", () => {
  it("are set at creation, added, replaced and removed", async () => {
    const { TargetGroups } = await stage.client.send(
      new CreateTargetGroupCommand({
        ...{ Name: "tagged", Protocol: "HTTP", Port: 80, VpcId: "vpc-1", TargetType: "ip" },
        Tags: [{ Key: "deploy:app", Value: "shop" }],
      }),
    );
    const ResourceArns = [TargetGroups![0]!.TargetGroupArn!];
    const Tags = [
      { Key: "deploy:app", Value: "store" },
      { Key: "gone", Value: "soon" },
    ];
    await stage.client.send(new AddTagsCommand({ ResourceArns, Tags }));
    await stage.client.send(new RemoveTagsCommand({ ResourceArns, TagKeys: ["gone"] }));
    const { TagDescriptions } = await stage.client.send(new DescribeTagsCommand({ ResourceArns }));
    expect(TagDescriptions![0]!.Tags).toEqual([{ Key: "deploy:app", Value: "store" }]);
    await expect(
      stage.client.send(new DescribeTagsCommand({ ResourceArns: [`${ResourceArns[0]}0`] })),
    ).rejects.toMatchObject({ name: "TargetGroupNotFoundException" });
  });
});

describe("the region of the signature", () => {
  it("has separate load balancers", async () => {
    await createLoadBalancer(stage.client);
    const { LoadBalancers } = await stage.cloud.call(
      "elbv2",
      "DescribeLoadBalancers",
      {},
      { region: "us-east-1" },
    );
    expect(LoadBalancers).toEqual([]);
  });
});
