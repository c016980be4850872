import { randomBytes } from "node:crypto";
import { AwsError } from "../../aws-error.ts";

export interface Tag {
  Key: string;
  Value: string;
}

/** Tags in the form of create calls. */
export interface Tagged {
  TagSpecifications?: { ResourceType?: string; Tags?: Tag[] }[];
}

/** A recorded resource. The prefix of its id is its kind. */
export interface Item {
  id: string;
  /** Id of its VPC. */
  vpcId: string | undefined;
  tags: Tag[];
  members: Record<string, any>;
}

/** EC2's error codes by id prefix: `InvalidVpcID.NotFound` for `vpc-…`. */
const NOT_FOUND: Record<string, string> = {
  vpc: "InvalidVpcID.NotFound",
  subnet: "InvalidSubnetID.NotFound",
  rtb: "InvalidRouteTableID.NotFound",
  rtbassoc: "InvalidAssociationID.NotFound",
  igw: "InvalidInternetGatewayID.NotFound",
  sg: "InvalidGroup.NotFound",
  vpce: "InvalidVpcEndpointId.NotFound",
};

/** The recorded network of a region. */
export class Network {
  readonly region: string;
  readonly #items = new Map<string, Item>();

  constructor(region: string) {
    this.region = region;
  }

  /** Records a resource with a new id `<prefix>-<17 hex digits>`. Throws if its VPC does not exist. */
  add(prefix: string, members: Record<string, any>, input: Tagged & { VpcId?: string }): Item {
    if (input.VpcId !== undefined) this.get(input.VpcId);
    const id = `${prefix}-0${randomBytes(8).toString("hex")}`;
    const tags = input.TagSpecifications?.flatMap(({ Tags }) => Tags ?? []) ?? [];
    const item: Item = { id, vpcId: input.VpcId, tags, members };
    this.#items.set(id, item);
    return item;
  }

  /** Returns a resource. Throws EC2's not-found error for the kind of id. */
  get(id: string | undefined): Item {
    const item = id === undefined ? undefined : this.#items.get(id);
    if (item === undefined) {
      const prefix = id?.split("-")[0] ?? "";
      throw new AwsError(NOT_FOUND[prefix] ?? "InvalidID", `The ID '${id}' does not exist`);
    }
    return item;
  }

  /** Returns all resources of a kind, or those with the given ids. */
  list(prefix: string, ids?: string[]): Item[] {
    if (ids !== undefined && ids.length > 0) return ids.map((id) => this.get(id));
    return [...this.#items.values()].filter(({ id }) => id.startsWith(`${prefix}-`));
  }

  /** Deletes a resource. Throws DependencyViolation while other resources belong to it or refer to it. */
  delete(id: string | undefined): void {
    const item = this.get(id);
    const user = [...this.#items.values()].find(
      (other) => other !== item && !other.members.isDefault && uses(other, item.id),
    );
    if (user !== undefined) {
      throw new AwsError(
        "DependencyViolation",
        `The '${item.id}' has dependencies and cannot be deleted: ${user.id}.`,
      );
    }
    for (const other of [...this.#items.values()]) {
      if (other.members.isDefault && other.vpcId === item.id) this.#items.delete(other.id);
    }
    this.#items.delete(item.id);
  }
}

function uses(other: Item, id: string): boolean {
  if (other.vpcId === id) return true;
  return Object.entries(other.members).some(
    ([name, value]) => name.endsWith("Ids") && Array.isArray(value) && value.includes(id),
  );
}
