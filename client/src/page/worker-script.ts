// Runs first in every worker that the Vite plugin bundles. Pins the worker's requests to the version of the page that
// created it.
import { install } from "./install.ts";

declare const LOCKSTEP_PATHS: string;

const version = /lockstep=([\w-]+)/.exec(location.hash)?.[1];
if (version) install(version, LOCKSTEP_PATHS, Number.POSITIVE_INFINITY);
