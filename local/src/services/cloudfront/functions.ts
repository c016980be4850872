import type {
  CreateFunctionRequest,
  DeleteFunctionRequest,
  DescribeFunctionRequest,
  FunctionConfig,
  FunctionSummary,
  GetFunctionRequest,
  ListFunctionsRequest,
  PublishFunctionRequest,
  UpdateFunctionRequest,
} from "@aws-sdk/client-cloudfront";
import { AwsError, notImplemented } from "../../aws-error.ts";
import { ACCOUNT, type Action } from "../../cloud.ts";
import { type Entry, EtaggedStore, newEtag } from "./etagged-store.ts";
import { itemsOf, wholePage } from "./quantity-list.ts";
import { refuseUnknown } from "./refuse-unknown.ts";

/**
 * Maximum size of a function's code: 10 KB, not adjustable. Larger code is refused with `FunctionSizeLimitExceeded`
 * (413).
 */
const FUNCTION_MAX_BYTES = 10_240;

/** One stage of a function. */
export interface FunctionStage {
  arn: string;
  name: string;
  etag: string;
  config: FunctionConfig;
  code: Uint8Array;
  modified: Date;
}

interface EdgeFunction {
  created: Date;
  development: FunctionStage;
  live?: FunctionStage;
}

export interface Functions {
  actions: Record<string, Action>;
  /** Returns the published stage of a function; `undefined` if it was never published. */
  live(arn: string): FunctionStage | undefined;
  /** Whether a function is associated with this KeyValueStore. */
  uses(keyValueStoreArn: string): boolean;
}

export interface FunctionsOptions {
  now(): number;
  /** Throws if the KeyValueStore does not exist. */
  checkKeyValueStore(arn: string): void;
  inUse(functionArn: string): boolean;
}

/** CloudFront Functions. DEVELOPMENT is the last written stage, LIVE the last published one. */
export function createFunctions(options: FunctionsOptions): Functions {
  const store = new EtaggedStore<EdgeFunction>("NoSuchFunctionExists", "function");
  return {
    actions: { ...writeActions(store, options), ...readActions(store) },
    live: (arn) => store.find(arn.slice(arn.lastIndexOf("/") + 1))?.item.live,
    uses: (arn) =>
      store
        .all()
        .some(({ item }) =>
          [item.development, item.live].some((stage) => stage && keyValueStoreOf(stage) === arn),
        ),
  };
}

/** Returns the ARN of the KeyValueStore that a function can read. */
export function keyValueStoreOf(stage: FunctionStage): string | undefined {
  return stage.config.KeyValueStoreAssociations?.Items?.[0]?.KeyValueStoreARN;
}

function writeActions(store: EtaggedStore<EdgeFunction>, options: FunctionsOptions): Record<string, Action> {
  const stage = (name: string, config: FunctionConfig, code: Uint8Array): FunctionStage => {
    checkFunction(name, config, code, options);
    const arn = `arn:aws:cloudfront::${ACCOUNT}:function/${name}`;
    return { arn, name, etag: "", config, code, modified: new Date(options.now()) };
  };
  return {
    CreateFunction: (input: CreateFunctionRequest) => {
      if (!/^[a-zA-Z0-9-_]{1,64}$/.test(input.Name ?? ""))
        throw new AwsError(
          "InvalidArgument",
          `A function's name is 1 to 64 of a-z, A-Z, 0-9, "-" and "_": ${input.Name}.`,
        );
      if (store.find(input.Name!) !== undefined)
        throw new AwsError("FunctionAlreadyExists", `A function named ${input.Name} already exists.`, 409);
      const development = stage(input.Name!, input.FunctionConfig!, input.FunctionCode!);
      const entry = store.add(input.Name!, { created: development.modified, development });
      development.etag = entry.etag;
      return {
        ...described(entry, development),
        Location: `https://cloudfront.amazonaws.com/2020-05-31/function/${development.arn}`,
      };
    },
    UpdateFunction: (input: UpdateFunctionRequest) => {
      const { item } = store.match(input.Name, input.IfMatch);
      const development = stage(input.Name!, input.FunctionConfig!, input.FunctionCode!);
      const entry = store.replace(input.Name, input.IfMatch, { ...item, development });
      development.etag = entry.etag;
      return described(entry, development);
    },
    PublishFunction: (input: PublishFunctionRequest) => {
      const entry = store.match(input.Name, input.IfMatch);
      entry.item.live = { ...entry.item.development, etag: newEtag(), modified: new Date(options.now()) };
      return { FunctionSummary: summary(entry, entry.item.live) };
    },
    DeleteFunction: (input: DeleteFunctionRequest) => {
      const { item } = store.match(input.Name, input.IfMatch);
      if (options.inUse(item.development.arn))
        throw new AwsError(
          "FunctionInUse",
          `The function ${input.Name} is associated with a distribution.`,
          409,
        );
      store.remove(input.Name, input.IfMatch);
      return {};
    },
  };
}

function readActions(store: EtaggedStore<EdgeFunction>): Record<string, Action> {
  const stageOf = (input: { Name?: string; Stage?: string }) => {
    const entry = store.get(input.Name);
    const stage = input.Stage === "LIVE" ? entry.item.live : entry.item.development;
    if (stage === undefined)
      throw new AwsError("NoSuchFunctionExists", `The function ${input.Name} was not published.`, 404);
    return { entry, stage };
  };
  return {
    DescribeFunction: (input: DescribeFunctionRequest) => {
      const { entry, stage } = stageOf(input);
      return described(entry, stage);
    },
    GetFunction: (input: GetFunctionRequest) => {
      const { stage } = stageOf(input);
      return { FunctionCode: stage.code, ETag: stage.etag, ContentType: "application/octet-stream" };
    },
    ListFunctions: (input: ListFunctionsRequest) => {
      const items = store.all().flatMap((entry) => {
        const stages =
          input.Stage === "LIVE"
            ? [entry.item.live]
            : input.Stage === "DEVELOPMENT"
              ? [entry.item.development]
              : [entry.item.development, entry.item.live];
        return stages.filter((stage) => stage !== undefined).map((stage) => summary(entry, stage));
      });
      const { Marker, IsTruncated, ...list } = wholePage(items);
      return { FunctionList: list };
    },
  };
}

function described(entry: Entry<EdgeFunction>, stage: FunctionStage) {
  return { FunctionSummary: summary(entry, stage), ETag: stage.etag };
}

function summary({ item }: Entry<EdgeFunction>, stage: FunctionStage): FunctionSummary {
  return {
    Name: stage.name,
    Status: item.live === undefined ? "UNPUBLISHED" : "DEPLOYED",
    FunctionConfig: stage.config,
    FunctionMetadata: {
      FunctionARN: stage.arn,
      Stage: stage === item.live ? "LIVE" : "DEVELOPMENT",
      CreatedTime: item.created,
      LastModifiedTime: stage.modified,
    },
  };
}

function checkFunction(
  name: string,
  config: FunctionConfig,
  code: Uint8Array,
  options: FunctionsOptions,
): void {
  refuseUnknown("FunctionConfig", config, ["Comment", "Runtime", "KeyValueStoreAssociations"]);
  if (config.Runtime !== "cloudfront-js-2.0")
    throw notImplemented(`cloudfront: function runtime ${config.Runtime}`);
  if (code.byteLength > FUNCTION_MAX_BYTES) {
    throw new AwsError(
      "FunctionSizeLimitExceeded",
      `The function ${name} has ${code.byteLength} bytes; at most ${FUNCTION_MAX_BYTES} are allowed.`,
      413,
    );
  }
  const stores = itemsOf(config.KeyValueStoreAssociations);
  if (stores.length > 1)
    throw new AwsError(
      "InvalidArgument",
      `The function ${name} has ${stores.length} KeyValueStores; one is allowed.`,
    );
  for (const { KeyValueStoreARN } of stores) options.checkKeyValueStore(KeyValueStoreARN!);
}
