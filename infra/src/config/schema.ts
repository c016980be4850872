import { isVersionId } from "@lockstep/edge/version-id";
import { z } from "zod";
import { field } from "./field.ts";
import { DAY_SECONDS, MAX_COOKIE_AGE_SECONDS, seconds, whole } from "./kinds.ts";
import { type CompleteProtection, protection } from "./protection.ts";

/** Characters of a path pattern (CloudFront quota). */
const MAX_PATH_PATTERN_LENGTH = 255;

/** Characters of a hashed folder or of `web.base`. Both become part of edge functions, which can have at most 10 KB. */
const MAX_FOLDER_LENGTH = 100;

const command = z.string().min(1);
const folder = z.string().regex(/^(?!\/)(?!.*\.\.)[\w@./-]+$/);
const httpPath = z.string().regex(/^\/[\w./~-]*$/);
const pathPattern = z
  .string()
  .max(MAX_PATH_PATTERN_LENGTH)
  .regex(/^\/[\w./*?$~"'@:+&-]+$/);

const web = z.strictObject({
  /** Folder of the frontend, relative to the root of the repository. */
  folder: field(folder, "a folder inside the repository, relative to its root", "web"),
  /** Shell command, run in `folder` with `LOCKSTEP_VERSION` set. */
  build: field(command, "the shell command that builds the frontend in its folder", "vite build"),
  /** The folder that `build` writes, relative to `folder`: `index.html`, `assets/`, and so on. */
  output: field(folder, "the folder that the build writes, relative to web.folder", "dist"),
  /**
   * `app`: one page for all paths; every page load receives the root `index.html`. `pages`: each path has its own page
   * (`about.html` or `about/index.html`), and every other path receives `404.html`. Both serve the files of the build.
   * Default `app`.
   */
  kind: field(z.enum(["app", "pages"]), '"app" or "pages"', "pages").default("app"),
  /**
   * Folders whose file names carry a hash of the content, relative to `output`. All versions share these files, and
   * they are cached for a year. Vite: its `build.assetsDir`. Astro: `_astro`. SvelteKit: `_app/immutable`. Default
   * `["assets"]`.
   */
  hashedFolders: field(
    z
      .array(
        field(
          z
            .string()
            .max(MAX_FOLDER_LENGTH)
            .regex(/^[A-Za-z0-9_-][\w.~-]*(\/[A-Za-z0-9_-][\w.~-]*)*$/),
          "a folder inside web.output, without a slash at either end",
          "assets",
        ),
      )
      .max(10),
    "at most 10 folders inside web.output",
    ["assets"],
  ).default(["assets"]),
  /** The path of the frontend, which is also the start of the links in the build (Vite: `base`). Default `/`. */
  base: field(
    z
      .string()
      .max(MAX_FOLDER_LENGTH)
      .regex(/^\/([A-Za-z0-9_-][\w.~-]*\/)*$/),
    "a path that starts and ends with a slash",
    "/app/",
  ).default("/"),
});

/** The build of a version's API, from which its image is made. */
export interface ApiBuild {
  /** Folder that the build wrote, an absolute path. */
  folder: string;
  /** Id of the version. The image must have it as a tag: the janitor deletes only images with such a tag. */
  id: string;
  /** The platform's repository in ECR: `<account>.dkr.ecr.<region>.amazonaws.com/<name>`. */
  repositoryUri: string;
  /** Aborts when the user interrupts the release. */
  signal?: AbortSignal;
}

/** Builds an image and pushes it to the repository. Returns its name by digest, `<repositoryUri>@sha256:<64 hex>`. */
export type PushImage = (build: ApiBuild) => Promise<string>;

const image = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: field(z.literal("docker"), expectedKind, "docker"),
    /** Relative to `api.folder`; the build context is `api.output`. */
    dockerfile: z.string().min(1),
  }),
  z.strictObject({
    kind: z.literal("custom"),
    /** Builds the image by any other means than docker, and pushes it. */
    push: field(
      z.custom<PushImage>((value) => typeof value === "function"),
      "an async function that pushes the image of { folder, id, repositoryUri, signal } and returns its name by digest",
      "(build) => pushImage(build)",
    ),
  }),
]);

function expectedKind(got: unknown): string {
  const kinds = '"docker" or "custom"';
  if (got !== "bundle") return kinds;
  const instead = '{ kind: "custom", push: (build) => pushFolderImage(command, build) }';
  return `${kinds}. "bundle" no longer exists; for the local AWS use ${instead}, from @lockstep/local/images`;
}

const api = z.strictObject({
  /** Folder of the API, relative to the root of the repository. */
  folder: field(folder, "a folder inside the repository, relative to its root", "api"),
  /** Shell command, run in `folder` with `LOCKSTEP_VERSION` set. */
  build: field(command, "the shell command that builds the API in its folder", "node build.ts"),
  /** The folder that `build` writes, relative to `folder`: the content of the image. */
  output: field(folder, "the folder that the build writes, relative to api.folder", "dist"),
  /** How the image is built and pushed: by docker from a Dockerfile, or by a function. */
  image: field(image, 'an image: { kind: "docker", dockerfile } or { kind: "custom", push }', {
    kind: "docker",
    dockerfile: "Dockerfile",
  }),
  /** The port that the API listens on. The API receives it as `PORT`. Default 8080. */
  port: whole(1, 65_535, "a port, 1 to 65535", 8080).default(8080),
  /** Path of the load balancer's health check. Must answer 200 if the API can serve requests. Default `/health`. */
  healthPath: field(httpPath, "a path that starts with /", "/health").default("/health"),
  /** CloudFront path patterns of requests that go to the API, most specific first. Default `["/api/*"]`. */
  pathPatterns: field(
    z
      .array(field(pathPattern, "a CloudFront path pattern: starts with /, * and ? are wildcards", "/api/*"))
      .min(1)
      .max(20),
    "1 to 20 CloudFront path patterns",
    ["/api/*"],
  ).default(["/api/*"]),
  /** Fargate CPU units of one task; 1024 is one vCPU. Default 256. */
  cpu: whole(256, 16_384, "Fargate CPU units: 256, 512, 1024, 2048, 4096, 8192 or 16384", 256).default(256),
  /** Memory of one task in MiB. AWS allows only certain pairs with `cpu`. Default 512. */
  memory: whole(512, 122_880, "MiB of memory that Fargate offers for this cpu", 512).default(512),
  /** The fewest tasks of a version. Default 1. */
  minTasks: whole(1, 100, "a number of tasks, 1 to 100", 2).default(1),
  /** The most tasks that a version scales to. Default 4. */
  maxTasks: whole(1, 1000, "a number of tasks, at least api.minTasks", 4).default(4),
  /** Environment variables of the API. Lockstep sets `PORT`, `LOCKSTEP_APP` and `LOCKSTEP_VERSION`. */
  environment: field(
    z.record(z.string().regex(/^(?!PORT$|LOCKSTEP_)[A-Za-z_]\w*$/), z.string()),
    "environment variables with text values; PORT and LOCKSTEP_* belong to Lockstep",
    { LOG_LEVEL: "info" },
  ).default({}),
});

const origin = z.strictObject({
  /** The DNS name of the load balancer in your zone. */
  domainName: field(
    z.string().regex(/^(?=.{4,253}$)([a-z0-9-]+\.)+[a-z]{2,}$/),
    "a DNS name that resolves to the load balancer",
    "origin.example.com",
  ),
  /** ARN of an ACM certificate in `region` for the name and for `*.<edge.hostSuffix>`. */
  certificateArn: field(
    z.string().regex(/^arn:aws[\w-]*:acm:[a-z0-9-]+:\d{12}:certificate\/.+$/),
    "the ARN of an ACM certificate for the name and for *.<edge.hostSuffix>",
    "arn:aws:acm:eu-west-1:123456789012:certificate/0e9…",
  ),
});

const edge = z.strictObject({
  /** How long an edge may cache the version map. Default 5 seconds. */
  mapTtlSeconds: seconds(1, 300, "a duration, 1s to 5m", "5s").prefault("5s"),
  /** The load balancer's rule of a version matches the Host `<id>.<hostSuffix>`. Default `<app>.internal`. */
  hostSuffix: field(
    z.string().regex(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/),
    "a host name with a dot, and only letters after the last dot (an ALB host condition)",
    "shop.internal",
  ).optional(),
  /** Whether a request with `x-lockstep-explain: 1` receives the reasons for its routing. Default `true`. */
  explain: field(z.boolean(), "true or false", true).default(true),
  /** The URL at which users open the app. Default: the distribution's own name. */
  publicUrl: field(
    z.url({ protocol: /^https?$/ }),
    "an http or https URL",
    "https://shop.example.com",
  ).optional(),
  /** Makes CloudFront use HTTPS to the load balancer. Without it, CloudFront uses HTTP over AWS's own network. */
  origin: field(origin, "{ domainName, certificateArn }", {
    domainName: "origin.example.com",
    certificateArn: "arn:aws:acm:…",
  }).optional(),
  /** Id of the managed prefix list of CloudFront's addresses, for a region whose list Lockstep does not know. */
  cloudFrontPrefixListId: field(
    z.string().regex(/^pl-[0-9a-f]{8,17}$/),
    "the id of a managed prefix list",
    "pl-4fa04526",
  ).optional(),
});

const janitor = z.strictObject({
  /** Time between two runs of the janitor. Default 5 minutes. */
  everyMinutes: whole(1, 60, "whole minutes, 1 to 60", 5).default(5),
  /** `act`: carries out its plan. `advise`: reports its plan and changes nothing. `off`: does nothing. */
  mode: field(z.enum(["act", "advise", "off"]), '"act", "advise" or "off"', "act").default("act"),
  /** Versions that the janitor never retires, even if their window has ended. Default none. */
  keep: field(
    z.array(
      field(
        z.string().refine((value) => isVersionId(value)),
        "a version id",
        "20261122-101500-1f3a9c2",
      ),
    ),
    "a list of version ids",
    ["20261122-101500-1f3a9c2"],
  ).default([]),
});

const files = z.strictObject({
  /** How long files are kept after the last version that lists them is retired. Default: a day, at least the window. */
  lifetimeSeconds: seconds(
    60,
    10 * MAX_COOKIE_AGE_SECONDS,
    "a duration, at least protection.windowSeconds",
    "24h",
  ).optional(),
});

/** The configuration as it is written. A field with a default may be omitted. */
export const configSchema = z.strictObject({
  /** Name of the app: part of every AWS name. */
  app: field(
    z.string().regex(/^[a-z][a-z0-9-]{0,18}[a-z0-9]$/),
    "2 to 20 lower-case letters, digits and hyphens; starts with a letter, does not end with a hyphen",
    "shop",
  ),
  /** The AWS account of the app. If set, commands refuse credentials of another account. Default: any. */
  account: field(z.string().regex(/^\d{12}$/), "an AWS account id, 12 digits", "123456789012").optional(),
  /** AWS region of everything except the edge function, which must be in us-east-1. */
  region: field(z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/), "an AWS region", "eu-west-1"),
  web: field(web, "the frontend: { folder, build, output, … }", {
    folder: "web",
    build: "vite build",
    output: "dist",
  }),
  api: field(api, "the API: { folder, build, output, image, … }", {
    folder: "api",
    build: "node build.ts",
    output: "dist",
    image: { kind: "docker", dockerfile: "Dockerfile" },
  }),
  protection: field(protection, "protection settings", { windowSeconds: "24h" }).prefault({}),
  edge: field(edge, "edge settings", { mapTtlSeconds: "5s" }).prefault({}),
  janitor: field(janitor, "janitor settings", { everyMinutes: 5 }).prefault({}),
  files: field(files, "file settings", { lifetimeSeconds: "24h" }).prefault({}),
});

/** How the API's image is built. */
export type ApiImage = z.output<typeof image>;
/** The configuration as it is written: defaults omitted, durations as `"24h"` or seconds. */
export type LockstepConfigInput = z.input<typeof configSchema>;
type Parsed = z.output<typeof configSchema>;
/** The checked configuration: complete, with durations in seconds. */
export type LockstepConfig = Omit<Parsed, "edge" | "files" | "protection"> & {
  protection: CompleteProtection;
  edge: Parsed["edge"] & { hostSuffix: string };
  files: { lifetimeSeconds: number };
};

/** At least a day, and at least as long as a pin can live. */
export function defaultFileLifetimeSeconds(windowSeconds: number): number {
  return Math.max(DAY_SECONDS, windowSeconds);
}
