import { inject } from "vitest";
import type {} from "../../browser/global-setup.ts";
import type { Stage } from "../stage.ts";
import { chromiumOf, launchChromium } from "./chromium.ts";
import type { Engine, EngineName, EngineOptions } from "./engine.ts";
import { launchFirefox } from "./firefox.ts";
import { launchWebKit } from "./webkit.ts";

/** Returns the engines that this machine has. The global setup reports missing ones. */
export function availableEngines(): EngineName[] {
  const { firefox, webkit } = inject("engines");
  return ["chromium", ...(firefox ? (["firefox"] as const) : []), ...(webkit ? (["webkit"] as const) : [])];
}

/** Starts an engine. Chromium without options is the stage's browser. */
export async function launchEngine(name: EngineName, stage: Stage, options?: EngineOptions): Promise<Engine> {
  const { firefox, webkit } = inject("engines");
  if (name === "firefox") return launchFirefox(firefox!, options);
  if (name === "webkit") return launchWebKit(webkit!);
  return options ? launchChromium(inject("browserPath"), options) : chromiumOf(stage.browser);
}
