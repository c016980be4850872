// A process of protection.bench.ts: connections that ask one URL again and again for some time. Prints how many were answered and
// how long they took. In a separate process, so that it does not share the data plane's thread.
import { Pool } from "undici";

const [url, version, connections, milliseconds] = process.argv.slice(2) as [string, string, string, string];
const { origin, pathname } = new URL(url);
const pool = new Pool(origin, { connections: Number(connections), pipelining: 1 });
const headers = {
  accept: "application/json",
  "x-lockstep-version": version,
  cookie: `session=0123456789abcdef; theme=dark; __Host-lockstep=${version}`,
};
const took: number[] = [];
const begun = performance.now();
const end = begun + Number(milliseconds);
await Promise.all(Array.from({ length: Number(connections) }, ask));
const seconds = (performance.now() - begun) / 1000;
await pool.close();
took.sort((a, b) => a - b);
console.log(
  JSON.stringify({ perSecond: took.length / seconds, p99Ms: took[Math.floor(took.length * 0.99)] }),
);

async function ask(): Promise<void> {
  while (performance.now() < end) {
    const sent = performance.now();
    const { statusCode, body } = await pool.request({ path: pathname, method: "GET", headers });
    await body.dump();
    if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}`);
    took.push(performance.now() - sent);
  }
}
