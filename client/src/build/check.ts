import { gzipSync } from "node:zlib";
import { buildPageScript } from "./page-scripts.ts";

// `npm run check`: every page waits for the page script, so its size is limited.

const MAX_GZIP_BYTES = 3.5 * 1024;

const { code } = await buildPageScript();
const { length } = gzipSync(code, { level: 9 });
console.log(`The page script has ${length} bytes gzipped, of at most ${MAX_GZIP_BYTES}.`);
if (length > MAX_GZIP_BYTES) process.exitCode = 1;
