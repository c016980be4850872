import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
} from "@aws-sdk/client-cloudformation";
import {
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type LocalAws, startLocalAws } from "../../src/aws.ts";
import { FaultRuleError } from "../../src/faults/fault-rule.ts";

let aws: LocalAws;
let config: {
  region: string;
  endpoint: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
};

beforeAll(async () => {
  aws = await startLocalAws({ faultSeed: 1 });
  config = {
    region: "eu-west-1",
    endpoint: aws.endpoint,
    credentials: { accessKeyId: "a", secretAccessKey: "s" },
  };
});
afterEach(() => aws.faults.set([]));
afterAll(() => aws.close());

const put = (name: string) =>
  new PutParameterCommand({ Name: name, Value: "v", Type: "String", Overwrite: true });
/** A client without retries, which would hide single responses. */
const once = () => ({ ...config, maxAttempts: 1 });

describe("a fault rule", () => {
  it.each([
    ["throttling", "ThrottlingException", 400],
    ["internal", "InternalServerError", 500],
    ["unavailable", "ServiceUnavailable", 503],
    ["access-denied", "AccessDeniedException", 400],
    ["timeout", "RequestTimeoutException", 400],
    ["TooManyUpdates", "TooManyUpdates", 400],
  ])("error=%s is SSM's %s with status %i, and the call is not carried out", async (error, name, status) => {
    aws.faults.set([`ssm:PutParameter error=${error}`]);
    const client = new SSMClient(once());
    const failure = await client.send(put(`/before/${error}`)).catch((thrown) => thrown);
    expect([failure.name, failure.$metadata.httpStatusCode]).toEqual([name, status]);
    await expect(client.send(new GetParameterCommand({ Name: `/before/${error}` }))).rejects.toThrow(
      expect.objectContaining({ name: "ParameterNotFound" }),
    );
  });

  it("uses its service's names: S3 returns SlowDown, a query service Throttling", async () => {
    aws.faults.set(["*:* error=throttling"]);
    const s3 = new S3Client({ ...once(), forcePathStyle: true });
    await expect(s3.send(new GetObjectCommand({ Bucket: "b", Key: "k" }))).rejects.toThrow(
      expect.objectContaining({ name: "SlowDown" }),
    );
    const elb = new ElasticLoadBalancingV2Client(once());
    await expect(elb.send(new DescribeTargetGroupsCommand())).rejects.toThrow(
      expect.objectContaining({ name: "Throttling" }),
    );
  });

  it("when=after carries the call out and cuts the connection", async () => {
    aws.faults.set(["ssm:PutParameter when=after"]);
    const client = new SSMClient(once());
    await expect(client.send(put("/after"))).rejects.toThrow(expect.objectContaining({ code: "ECONNRESET" }));
    const { Parameter } = await client.send(new GetParameterCommand({ Name: "/after" }));
    expect(Parameter?.Value).toBe("v");
  });

  it("when=after makes a conditional write lose against itself when the SDK retries, as on AWS", async () => {
    const s3 = new S3Client({ ...config, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: "own-write" }));
    aws.faults.set(["s3:PutObject when=after times=1"]);
    const write = new PutObjectCommand({ Bucket: "own-write", Key: "k", Body: "1", IfNoneMatch: "*" });
    await expect(s3.send(write)).rejects.toThrow(expect.objectContaining({ name: "PreconditionFailed" }));
  });

  it("times=1 fires once, so the SDK's retry succeeds", async () => {
    aws.faults.set(["ssm:Put* error=throttling times=1"]);
    await new SSMClient(config).send(put("/once"));
    expect(aws.faults.list()).toEqual([{ rule: "ssm:Put* error=throttling times=1", fired: 1 }]);
  });

  it("delay alone only delays, and the next rule is not evaluated", async () => {
    aws.faults.set(["ssm:PutParameter delay=1ms", "ssm:* error=throttling"]);
    await new SSMClient(once()).send(put("/late"));
    expect(aws.faults.list().map(({ fired }) => fired)).toEqual([1, 0]);
  });

  it("does not affect CloudFormation's own calls", async () => {
    aws.faults.set(["ssm:PutParameter error=internal"]);
    const cloudformation = new CloudFormationClient(once());
    const Properties = { Name: "/inner", Type: "String", Value: "v" };
    const TemplateBody = JSON.stringify({ Resources: { P: { Type: "AWS::SSM::Parameter", Properties } } });
    await cloudformation.send(new CreateStackCommand({ StackName: "inner", TemplateBody }));
    await vi.waitFor(async () => {
      const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName: "inner" }));
      expect(Stacks?.[0]?.StackStatus).toBe("CREATE_COMPLETE");
    });
  });

  it("rate draws from the seed: two runs with one seed fail the same calls", async () => {
    const drawn = async (seed: number) => {
      const local = await startLocalAws({ faultSeed: seed });
      local.faults.set(["ssm:PutParameter error=internal rate=0.5"]);
      const client = new SSMClient({ ...once(), endpoint: local.endpoint });
      const results: boolean[] = [];
      for (let call = 0; call < 32; call++)
        results.push(
          await client.send(put("/drawn")).then(
            () => true,
            () => false,
          ),
        );
      await local.close();
      return results;
    };
    const [one, again, other] = [await drawn(7), await drawn(7), await drawn(8)];
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
    expect(new Set(one).size).toBe(2);
  });

  it.each([
    ["PutParameter error=internal", "is not <service>:<action>"],
    ["ssm:PutParameter", "neither error nor delay"],
    ["ssm:PutParameter error=boom", "error=boom is not one of throttling, internal"],
    ["ssm:PutParameter error=internal rate=2", "rate=2 is not a number above 0"],
    ["ssm:PutParameter error=internal rate=0", "rate=0 is not a number above 0"],
    ["ssm:PutParameter delay=5", "delay=5 is not a time"],
    ["ssm:PutParameter delay=11000s", "delay=11000s is not a time up to 10 minutes"],
    ["ssm:PutParameter error=internal when=later", "when=later is not one of before, after"],
    ["ssm:PutParameter error=internal times=0", "times=0 is not a whole number of at least 1"],
    ["ssm:PutParameter error=internal error=cut", "error occurs twice"],
    ["ssm:PutParameter error=internal soon", '"soon" is not one of error=…'],
    ["ssm:PutParametre error=internal", "the local AWS has no operation ssm:PutParametre"],
  ])("%s is refused: %s", (rule, why) => {
    expect(() => aws.faults.set([rule])).toThrow(FaultRuleError);
    expect(() => aws.faults.set([rule])).toThrow(why);
    expect(aws.faults.list()).toEqual([]);
  });
});

describe("/_local/faults", () => {
  const at = () => `${aws.endpoint}/_local/faults`;

  it("accepts rules at run time, shows how often they fired, and removes them", async () => {
    const rules = "# a bad day\nssm:PutParameter error=throttling times=1\n\ns3:* delay=10ms\n";
    expect((await fetch(at(), { method: "PUT", body: rules })).status).toBe(200);
    await expect(new SSMClient(once()).send(put("/control"))).rejects.toThrow("fault rule");
    const shown = await (await fetch(at())).text();
    expect(shown).toBe(
      "ssm:PutParameter error=throttling times=1  # fired 1 times\ns3:* delay=10ms  # fired 0 times\n# seed 1\n",
    );
    expect((await fetch(at(), { method: "PUT", body: shown })).status).toBe(200);
    expect(await (await fetch(at(), { method: "DELETE" })).text()).toBe("# no faults\n");
    await new SSMClient(once()).send(put("/control"));
  });

  it("refuses an invalid rule with the valid values, and keeps the present rules", async () => {
    aws.faults.set(["ssm:* delay=1ms"]);
    const refused = await fetch(at(), { method: "PUT", body: "ssm:* error=boom" });
    expect([refused.status, await refused.text()]).toEqual([
      400,
      expect.stringMatching(
        /error=boom is not one of .* Example: ssm:PutParameter .*\nNo rule was changed\.\n$/s,
      ),
    ]);
    expect(aws.faults.list()).toHaveLength(1);
    expect((await fetch(at(), { method: "POST" })).status).toBe(405);
  });
});
