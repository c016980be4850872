import { gzipSync } from "node:zlib";
import { buildPageScript } from "./page-scripts.ts";

// Part of `npm run check`. Every page load waits for the page script, so its size has a limit.

const MAX_GZIP_BYTES = 3.5 * 1024;

const { code } = await buildPageScript();
const { length } = gzipSync(code, { level: 9 });
console.log(`The page script has ${length} bytes gzipped; the limit is ${MAX_GZIP_BYTES}.`);
if (length > MAX_GZIP_BYTES) process.exitCode = 1;
