import { randomUUID } from "node:crypto";
import type {
  CreateKeyValueStoreRequest,
  DeleteKeyValueStoreRequest,
  DescribeKeyValueStoreRequest,
  KeyValueStore,
  UpdateKeyValueStoreRequest,
} from "@aws-sdk/client-cloudfront";
import { AwsError } from "../../aws-error.ts";
import { ACCOUNT, type Action } from "../../cloud.ts";
import { KeyValueData } from "../cloudfront-keyvaluestore/key-value-data.ts";
import { type Entry, EtaggedStore } from "./etagged-store.ts";
import { wholePage } from "./quantity-list.ts";
import { refuseUnknown } from "./refuse-unknown.ts";

interface Store {
  id: string;
  arn: string;
  comment: string;
  modified: Date;
}

export interface KeyValueStoresOptions {
  now(): number;
  /** Data of the stores, by ARN. */
  data: Map<string, KeyValueData>;
  inUse(arn: string): boolean;
}

/** Actions on stores. Their keys belong to another service, `cloudfront-keyvaluestore`, with a separate ETag. */
export function keyValueStoreActions(options: KeyValueStoresOptions): Record<string, Action> {
  const stores = new EtaggedStore<Store>("EntityNotFound", "KeyValueStore");
  const described = (entry: Entry<Store>) => ({ KeyValueStore: shape(entry), ETag: entry.etag });
  return {
    CreateKeyValueStore: (input: CreateKeyValueStoreRequest) => {
      refuseUnknown("CreateKeyValueStore", input, ["Name", "Comment", "Tags"]);
      if (stores.find(input.Name!) !== undefined)
        throw new AwsError("EntityAlreadyExists", `A KeyValueStore named ${input.Name} already exists.`, 409);
      const id = randomUUID();
      const arn = `arn:aws:cloudfront::${ACCOUNT}:key-value-store/${id}`;
      const modified = new Date(options.now());
      options.data.set(arn, new KeyValueData(arn, options.now));
      const entry = stores.add(input.Name!, { id, arn, comment: input.Comment ?? "", modified });
      return {
        ...described(entry),
        Location: `https://cloudfront.amazonaws.com/2020-05-31/key-value-store/${arn}`,
      };
    },
    DescribeKeyValueStore: (input: DescribeKeyValueStoreRequest) => described(stores.get(input.Name)),
    UpdateKeyValueStore: (input: UpdateKeyValueStoreRequest) => {
      const { item } = stores.match(input.Name, input.IfMatch);
      const changed = { ...item, comment: input.Comment ?? "", modified: new Date(options.now()) };
      return described(stores.replace(input.Name, input.IfMatch, changed));
    },
    DeleteKeyValueStore: (input: DeleteKeyValueStoreRequest) => {
      const { item } = stores.match(input.Name, input.IfMatch);
      if (options.inUse(item.arn))
        throw new AwsError(
          "CannotDeleteEntityWhileInUse",
          `The KeyValueStore ${input.Name} is associated with a function.`,
          409,
        );
      stores.remove(input.Name, input.IfMatch);
      options.data.delete(item.arn);
      return {};
    },
    ListKeyValueStores: () => {
      const { Marker, IsTruncated, ...list } = wholePage(stores.all().map(shape));
      return { KeyValueStoreList: list };
    },
  };
}

function shape({ id: Name, item }: Entry<Store>): KeyValueStore {
  return {
    Name,
    Id: item.id,
    Comment: item.comment,
    ARN: item.arn,
    Status: "READY",
    LastModifiedTime: item.modified,
  };
}
