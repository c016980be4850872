import { pino } from "pino";
import { createApiServer } from "./server.ts";

const version = process.env.LOCKSTEP_VERSION ?? "unversioned";
const port = Number(process.env.PORT ?? 3000);
const log = pino({ base: { version } });

const { server, drain } = createApiServer({ version, log });
server.on("error", (error) => {
  log.fatal({ err: error }, `cannot listen on port ${port}`);
  process.exitCode = 1;
});
server.listen(port, () => log.info({ port }, "listening"));

// ECS: deregistered first, then SIGTERM, then up to the stop time-out to finish what is in flight.
process.once("SIGTERM", async () => {
  log.info("SIGTERM: finishing what is in flight");
  await drain();
  log.info("drained");
});
