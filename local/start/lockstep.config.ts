import { defineConfig } from "@lockstep/infra/config";
import shipped from "../../lockstep.config.ts";
import { pushFolderImage } from "../src/images/push-folder-image.ts";

/** The shipped configuration on the local AWS: no docker, and lifetimes short enough to watch a version retire. */
export default defineConfig({
  ...shipped,
  api: {
    ...shipped.api,
    image: { kind: "custom", push: (build) => pushFolderImage(["node", "index.mjs"], build) },
  },
  protection: {
    ...shipped.protection,
    graceSeconds: "30s",
    rollbackSeconds: "30s",
    idleSeconds: "1m",
    heartbeatSeconds: "20s",
  },
  edge: { ...shipped.edge, mapTtlSeconds: "2s", publicUrl: process.env.LOCKSTEP_PUBLIC_URL || undefined },
  janitor: { everyMinutes: 1 },
});
