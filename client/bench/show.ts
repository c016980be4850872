import { gzipSync } from "node:zlib";
import { buildPageScript } from "../src/build/page-scripts.ts";

const { code } = await buildPageScript();
console.log(gzipSync(code, { level: 9 }).length, code.length);
if (process.argv[2]) console.log(code);
