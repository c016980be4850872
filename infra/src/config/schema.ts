import { isVersionId } from "@lockstep/edge/version-id";
import { z } from "zod";
import { field } from "./field.ts";
import { DAY_SECONDS, MAX_COOKIE_AGE_SECONDS, seconds, whole } from "./kinds.ts";
import { type CompleteProtection, protection } from "./protection.ts";

/** CloudFront: a path pattern has at most 255 characters. */
const MAX_PATH_PATTERN_LENGTH = 255;

/** Of a folder in the build or of `web.base`: both are baked into edge functions of at most 10 KB. */
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
  /** What `build` leaves, relative to `folder`: `index.html`, `assets/`, the rest. */
  output: field(folder, "the folder that the build leaves, relative to web.folder", "dist"),
  /**
   * `app`: one page for all paths; every page load gets the root `index.html`. `pages`: each path has its own page (`about.html` or
   * `about/index.html`), and `404.html` answers for the rest. Files of the build are served in both. Default `app`.
   */
  kind: field(z.enum(["app", "pages"]), '"app" or "pages"', "pages").default("app"),
  /**
   * Folders of the build whose file names carry a hash of the content, relative to `output`: shared by all versions, cached for a year.
   * Vite: its `build.assetsDir`. Astro: `_astro`. SvelteKit: `_app/immutable`. Default `["assets"]`.
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
  /** Path at which the frontend begins, as the build writes its links (Vite: `base`). Default `/`. */
  base: field(
    z
      .string()
      .max(MAX_FOLDER_LENGTH)
      .regex(/^\/([A-Za-z0-9_-][\w.~-]*\/)*$/),
    "a path that starts and ends with a slash",
    "/app/",
  ).default("/"),
});

const image = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("docker"),
    /** Relative to `api.folder`; the build context is `api.output`. */
    dockerfile: z.string().min(1),
  }),
  z.strictObject({
    kind: z.literal("bundle"),
    /** Run in a copy of `api.output`. */
    command: z.array(z.string().min(1)).min(1),
  }),
]);

const api = z.strictObject({
  /** Folder of the API, relative to the root of the repository. */
  folder: field(folder, "a folder inside the repository, relative to its root", "api"),
  /** Shell command, run in `folder` with `LOCKSTEP_VERSION` set. */
  build: field(command, "the shell command that builds the API in its folder", "node build.ts"),
  /** What `build` leaves, relative to `folder`: the content of the image. */
  output: field(folder, "the folder that the build leaves, relative to api.folder", "dist"),
  /** How the image is made: by docker from a Dockerfile, or (on the local AWS) a folder and a command. */
  image: field(image, 'an image: { kind: "docker", dockerfile } or { kind: "bundle", command }', {
    kind: "docker",
    dockerfile: "Dockerfile",
  }),
  /** Where the API listens; it gets it as `PORT`. Default 8080. */
  port: whole(1, 65_535, "a port, 1 to 65535", 8080).default(8080),
  /** Answers 200 when the API can serve; asked by the load balancer. Default `/health`. */
  healthPath: field(httpPath, "a path that starts with /", "/health").default("/health"),
  /** CloudFront path patterns that go to the API, most specific first. Default `["/api/*"]`. */
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
  /** MiB of memory of one task; AWS allows certain pairs with `cpu` only. Default 512. */
  memory: whole(512, 122_880, "MiB of memory that Fargate has for this cpu", 512).default(512),
  /** Tasks that a version has at least. Default 1. */
  minTasks: whole(1, 100, "a number of tasks, 1 to 100", 2).default(1),
  /** Tasks up to which a version scales. Default 4. */
  maxTasks: whole(1, 1000, "a number of tasks, at least api.minTasks", 4).default(4),
  /** Superseded versions run on Fargate Spot, which is cheaper and may be interrupted with two minutes' notice. Default `false`. */
  spotWhenSuperseded: field(z.boolean(), "true or false", true).default(false),
  /** Environment of the API. `PORT`, `LOCKSTEP_APP` and `LOCKSTEP_VERSION` are Lockstep's. */
  environment: field(
    z.record(z.string().regex(/^(?!PORT$|LOCKSTEP_)[A-Za-z_]\w*$/), z.string()),
    "environment variables with text values; PORT and LOCKSTEP_* belong to Lockstep",
    { LOG_LEVEL: "info" },
  ).default({}),
});

const origin = z.strictObject({
  /** Name of the load balancer in your DNS. */
  domainName: field(
    z.string().regex(/^(?=.{4,253}$)([a-z0-9-]+\.)+[a-z]{2,}$/),
    "a DNS name that leads to the load balancer",
    "origin.example.com",
  ),
  /** ACM certificate in `region` for the name and for `*.<edge.hostSuffix>`. */
  certificateArn: field(
    z.string().regex(/^arn:aws[\w-]*:acm:[a-z0-9-]+:\d{12}:certificate\/.+$/),
    "the ARN of an ACM certificate for the name and for *.<edge.hostSuffix>",
    "arn:aws:acm:eu-west-1:123456789012:certificate/0e9…",
  ),
});

const edge = z.strictObject({
  /** How long an edge may answer from a version map that it read. Default 5 seconds. */
  mapTtlSeconds: seconds(1, 300, "a duration, 1s to 5m", "5s").prefault("5s"),
  /** Region of a copy of the version map, which an edge reads when `region` does not answer. Must be bootstrapped too. Default: none. */
  mapFallbackRegion: field(
    z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/),
    "an AWS region, another than region",
    "us-east-1",
  ).optional(),
  /** `<id>.<hostSuffix>` is the Host by which the load balancer knows a version. Default `<app>.internal`. */
  hostSuffix: field(
    z.string().regex(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/),
    "a host name with a dot and letters only after the last one (an ALB host condition)",
    "shop.internal",
  ).optional(),
  /** Whether `x-lockstep-explain: 1` is answered with the reasons. Default `true`. */
  explain: field(z.boolean(), "true or false", true).default(true),
  /** Where readers reach the app; default: the distribution's own name. */
  publicUrl: field(
    z.url({ protocol: /^https?$/ }),
    "an http or https URL",
    "https://shop.example.com",
  ).optional(),
  /** HTTPS to the load balancer. Without it CloudFront speaks HTTP to it, over AWS's own network. */
  origin: field(origin, "{ domainName, certificateArn }", {
    domainName: "origin.example.com",
    certificateArn: "arn:aws:acm:…",
  }).optional(),
  /** The managed prefix list `com.amazonaws.global.cloudfront.origin-facing` of a region that Lockstep does not know. */
  cloudFrontPrefixListId: field(
    z.string().regex(/^pl-[0-9a-f]{8,17}$/),
    "the id of a managed prefix list",
    "pl-4fa04526",
  ).optional(),
});

const janitor = z.strictObject({
  /** How often the janitor looks. Default every 5 minutes. */
  everyMinutes: whole(1, 60, "whole minutes, 1 to 60", 5).default(5),
  /** `act`: it does what it plans. `advise`: it says what it would do, and changes nothing. `off`: it does not even look. */
  mode: field(z.enum(["act", "advise", "off"]), '"act", "advise" or "off"', "act").default("act"),
  /** Versions that it never retires, not even when their window ends. Default none. */
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
  /** Whether it tells an SNS topic of its own (`<app>-janitor`) what was retired and what is postponed. Default `false`. */
  messages: field(z.boolean(), "true or false", true).default(false),
});

const files = z.strictObject({
  /** Files stay at least this long after no version lists them any more. Default one day, or the window if that is longer. */
  lifetimeSeconds: seconds(
    60,
    10 * MAX_COOKIE_AGE_SECONDS,
    "a duration, at least protection.windowSeconds",
    "24h",
  ).optional(),
});

/** The configuration as one writes it; every field that has a default may be left out. */
export const configSchema = z.strictObject({
  /** Name of the app: part of every AWS name. */
  app: field(
    z.string().regex(/^[a-z][a-z0-9-]{0,18}[a-z0-9]$/),
    "2 to 20 lower-case letters, digits and hyphens, a letter first, no hyphen last",
    "shop",
  ),
  /** The AWS account of the app. With it, commands refuse credentials of another one. Default: any. */
  account: field(z.string().regex(/^\d{12}$/), "an AWS account id, 12 digits", "123456789012").optional(),
  /** AWS region of all but the edge function (which AWS keeps in us-east-1). */
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

/** How the API's image is made. */
export type ApiImage = z.output<typeof image>;
/** The configuration as one writes it: defaults left out, durations as `"24h"` or seconds. */
export type LockstepConfigInput = z.input<typeof configSchema>;
type Parsed = z.output<typeof configSchema>;
/** The configuration as Lockstep reads it: complete, checked, durations in seconds. */
export type LockstepConfig = Omit<Parsed, "edge" | "files" | "protection"> & {
  protection: CompleteProtection;
  edge: Parsed["edge"] & { hostSuffix: string };
  files: { lifetimeSeconds: number };
};

/** Files stay a day at least (design: "once unlisted for a day"), and never shorter than a pin may live. */
export function defaultFileLifetimeSeconds(windowSeconds: number): number {
  return Math.max(DAY_SECONDS, windowSeconds);
}
