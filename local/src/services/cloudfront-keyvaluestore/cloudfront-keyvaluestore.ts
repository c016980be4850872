/**
 * The KeyValueStore data service: the keys of CloudFront's KeyValueStores.
 *
 * **Gaps**: `ImportSource` is refused; `FailureReason` never appears.
 * **By design**: a change reaches every edge at once. AWS promises "a few seconds" and documents no bound.
 * **Client quirks**: requests are signed with SigV4A (`@aws-sdk/signature-v4a`). The client prepends `<account>.` to
 * the endpoint's host, so the endpoint must have a host name. The ETag differs from that of CloudFront's
 * DescribeKeyValueStore.
 */
import type {
  DeleteKeyRequest,
  DescribeKeyValueStoreRequest,
  GetKeyRequest,
  ListKeysRequest,
  PutKeyRequest,
  UpdateKeysRequest,
} from "@aws-sdk/client-cloudfront-keyvaluestore";
import { type Cloud, found, type Service } from "../../cloud.ts";
import { type KeyValueData, keyValueData } from "./key-value-data.ts";

/** Creates the service. Its stores are those of `CreateKeyValueStore` in the `cloudfront` service. */
export function createKeyValueStore(cloud: Cloud): Service {
  const stores = keyValueData(cloud);
  const store = (arn: string | undefined) =>
    found(stores.get(arn ?? ""), "ResourceNotFoundException", `No KeyValueStore has the ARN ${arn}.`, 404);
  return {
    actions: {
      DescribeKeyValueStore: (input: DescribeKeyValueStoreRequest) => {
        const data = store(input.KvsARN);
        return {
          ...totals(data),
          KvsARN: data.arn,
          Created: data.created,
          LastModified: data.modified,
          Status: "READY",
        };
      },
      GetKey: (input: GetKeyRequest) => {
        const data = store(input.KvsARN);
        const value = data.items.get(input.Key ?? "");
        const { ETag, ...counts } = totals(data);
        return {
          Key: input.Key,
          Value: found(value, "ResourceNotFoundException", `Key ${input.Key} was not found.`, 404),
          ...counts,
        };
      },
      ListKeys: (input: ListKeysRequest) => {
        const keys = [...store(input.KvsARN).items].map(([Key, Value]) => ({ Key, Value }));
        const from = Number(input.NextToken ?? 0);
        const to = from + (input.MaxResults ?? 50);
        return { Items: keys.slice(from, to), NextToken: to < keys.length ? String(to) : undefined };
      },
      PutKey: (input: PutKeyRequest) => {
        const data = store(input.KvsARN);
        data.change(input.IfMatch, { puts: [{ Key: input.Key, Value: input.Value }], deletes: [] });
        return totals(data);
      },
      DeleteKey: (input: DeleteKeyRequest) => {
        const data = store(input.KvsARN);
        data.change(input.IfMatch, { puts: [], deletes: [{ Key: input.Key }] });
        return totals(data);
      },
      UpdateKeys: (input: UpdateKeysRequest) => {
        const data = store(input.KvsARN);
        data.change(input.IfMatch, { puts: input.Puts ?? [], deletes: input.Deletes ?? [] });
        return totals(data);
      },
    },
  };
}

function totals(data: KeyValueData) {
  return { ItemCount: data.items.size, TotalSizeInBytes: data.totalBytes, ETag: data.etag };
}
