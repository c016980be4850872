import { VERSION_ENVIRONMENT } from "@lockstep/edge/names";
import { pino } from "pino";
import { createApiServer } from "./server.ts";

const version = process.env[VERSION_ENVIRONMENT] ?? "unversioned";
const port = Number(process.env.PORT ?? 3000);
const log = pino({ base: { version } });

const { server, drain } = createApiServer({ version, log });
server.on("error", (error) => {
  log.fatal({ err: error }, `cannot listen on port ${port}`);
  process.exitCode = 1;
});
server.listen(port, () => log.info({ port }, "listening"));

// ECS deregisters the task first, then sends SIGTERM, and kills the task after the stop timeout.
process.once("SIGTERM", async () => {
  log.info("SIGTERM: finishing the requests in flight");
  await drain();
  log.info("drained");
});
