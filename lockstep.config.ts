import { defineConfig } from "@lockstep/infra/config";

/** The settings of this app. infra/src/config/schema.ts documents every field, its unit and its default. */
export default defineConfig({
  app: "lockstep",
  region: "eu-west-1",
  web: {
    folder: "web",
    build: "node node_modules/vite/bin/vite.js build",
    output: "dist",
  },
  api: {
    folder: "api",
    build: "node build.ts",
    output: "dist",
    image: { kind: "docker", dockerfile: "Dockerfile" },
    port: 8080,
    healthPath: "/api/health",
    pathPatterns: ["/api/*"],
    cpu: 256,
    memory: 512,
    minTasks: 1,
    maxTasks: 4,
  },
  protection: {
    windowSeconds: "24h",
    graceSeconds: "1h",
    idleSeconds: "30m",
    maxVersions: 20,
    whenGone: "current",
  },
  edge: { mapTtlSeconds: "5s" },
  janitor: { everyMinutes: 5 },
});
