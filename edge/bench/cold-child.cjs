// A process of route-cost.ts: one cold start. Arguments: the files of the function and of the event. Prints its cost.
const { readFileSync } = require("node:fs");

const event = JSON.parse(readFileSync(process.argv[3], "utf8"));
const before = process.cpuUsage();
const begun = performance.now();
const { handler } = require(process.argv[2]);
handler(event).then((answer) => {
  const ms = performance.now() - begun;
  const { user, system } = process.cpuUsage(before);
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  process.stdout.write(
    JSON.stringify({ ms, cpuMs: (user + system) / 1000, peakBytes, host: answer.headers.host[0].value }),
  );
  process.exit(0);
});
