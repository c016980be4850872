import type { TestProject } from "vitest/node";
import { findBrowser } from "./find-browser.ts";

/** Before any test: a browser, installed if need be, outside every test's time-out. Says which. */
export default function setup(project: TestProject): void {
  const { path, how } = findBrowser();
  console.log(`Browser: ${path} (${how})`);
  project.provide("browserPath", path);
}

declare module "vitest" {
  interface ProvidedContext {
    browserPath: string;
  }
}
