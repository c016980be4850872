// First in every worker that the Vite plugin bundles: what the worker sends carries the version of the page that made it.
import { install } from "./install.ts";

declare const LOCKSTEP_PATHS: string;

const version = /lockstep=([\w-]+)/.exec(location.hash)?.[1];
if (version) install(version, LOCKSTEP_PATHS, Number.POSITIVE_INFINITY);
