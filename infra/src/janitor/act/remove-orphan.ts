import { DeleteLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import { BatchDeleteImageCommand } from "@aws-sdk/client-ecr";
import { DeleteServiceCommand } from "@aws-sdk/client-ecs";
import {
  DeleteRuleCommand,
  DeleteTargetGroupCommand,
  DescribeTargetGroupsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { repositoryName } from "../../aws/images.ts";
import { deleteStack, stackExists } from "../../aws/stacks.ts";
import type { ReadContext } from "../../versions/context.ts";
import type { ResourceKind } from "../evidence/app-resources.ts";
import { type Orphan, selectOrphans } from "../plan/find-orphans.ts";
import { deletePrefix } from "./delete-files.ts";

export interface RemoveOptions extends ReadContext {
  /** Milliseconds since the epoch. */
  deadline: number;
}

/**
 * `missing`: it was deleted before; AWS keeps listing deleted resources for a while. `kept`: it belongs to a version
 * now. `waiting`: CloudFormation is still deleting the stack.
 */
type Removal = "removed" | "missing" | "kept" | "waiting";

/** Removes an orphan, unless the ledger or a lease now says that it is not one. */
export async function removeOrphan(orphan: Orphan, options: RemoveOptions): Promise<Removal> {
  const { lifecycle, clock } = options;
  const ledger = await lifecycle.store.read();
  const releases = await lifecycle.leases.list();
  const { kind, id, name } = orphan;
  if (selectOrphans([{ kind, ids: [id], name }], ledger, releases, clock.now()).length === 0) return "kept";
  return REMOVERS[kind](orphan, options);
}

type Remover = (orphan: Orphan, options: RemoveOptions) => Promise<Removal>;

const REMOVERS: Record<ResourceKind, Remover> = {
  async stack({ name }, { clients, clock, deadline }) {
    const { cloudformation } = clients;
    const stackName = name.split("/")[1] ?? name;
    if (!(await stackExists(stackName, { cloudformation }))) return "missing";
    const timeoutMs = Math.max(0, deadline - clock.now());
    const deleted = await deleteStack(stackName, { cloudformation, clock, timeoutMs });
    return deleted ? "removed" : "waiting";
  },
  service: ({ name }, { clients, outputs }) =>
    unlessMissing(
      ["ServiceNotFoundException", "ServiceNotActiveException", "ClusterNotFoundException"],
      clients.ecs.send(
        new DeleteServiceCommand({
          cluster: outputs.clusterName,
          service: name.split("/").at(-1),
          force: true,
        }),
      ),
    ),
  rule: ({ name }, { clients }) =>
    unlessMissing(
      ["RuleNotFoundException", "RuleNotFound"],
      clients.elb.send(new DeleteRuleCommand({ RuleArn: name })),
    ),
  "target-group": ({ name }, { clients }) =>
    unlessMissing(
      ["TargetGroupNotFoundException", "TargetGroupNotFound"],
      // DeleteTargetGroup also succeeds for a target group that does not exist.
      clients.elb
        .send(new DescribeTargetGroupsCommand({ TargetGroupArns: [name] }))
        .then(() => clients.elb.send(new DeleteTargetGroupCommand({ TargetGroupArn: name }))),
    ),
  "log-group": ({ name }, { clients }) =>
    unlessMissing(
      ["ResourceNotFoundException"],
      clients.logs.send(
        new DeleteLogGroupCommand({ logGroupName: name.replace(/^.*:log-group:/, "").replace(/:\*$/, "") }),
      ),
    ),
  async image({ name }, { clients, outputs }) {
    const { imageIds = [], failures = [] } = await clients.ecr.send(
      new BatchDeleteImageCommand({
        repositoryName: repositoryName(outputs.imageRepositoryUri),
        imageIds: [{ imageDigest: name }],
      }),
    );
    const [failure] = failures.filter(({ failureCode }) => failureCode !== "ImageNotFound");
    if (failure !== undefined) throw new Error(`${failure.failureCode}: ${failure.failureReason}`);
    return imageIds.length > 0 ? "removed" : "missing";
  },
  async files({ name }, { clients, outputs }) {
    const count = await deletePrefix(name, { s3: clients.s3, bucket: outputs.webBucket });
    return count > 0 ? "removed" : "missing";
  },
  async manifest({ id }, { lifecycle }) {
    await lifecycle.manifests.remove(id);
    return "removed";
  },
};

async function unlessMissing(names: readonly string[], deletion: Promise<unknown>): Promise<Removal> {
  try {
    await deletion;
    return "removed";
  } catch (error) {
    if (names.includes((error as Error).name)) return "missing";
    throw error;
  }
}
