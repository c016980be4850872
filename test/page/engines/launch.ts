import { inject } from "vitest";
import type {} from "../../browser/global-setup.ts";
import type { Stage } from "../stage.ts";
import { chromiumOf, launchChromium } from "./chromium.ts";
import type { Engine, EngineName, EngineOptions } from "./engine.ts";
import { launchFirefox } from "./firefox.ts";
import { launchWebKit } from "./webkit.ts";

/** The engines that this machine has; the global setup reports what is missing. */
export function availableEngines(): EngineName[] {
  const { firefox, webkit } = inject("engines");
  return ["chromium", ...(firefox ? (["firefox"] as const) : []), ...(webkit ? (["webkit"] as const) : [])];
}

/** Starts an engine; Chromium without options is the stage's own. */
export async function launchEngine(name: EngineName, stage: Stage, options?: EngineOptions): Promise<Engine> {
  const { firefox, webkit } = inject("engines");
  if (name === "firefox") return launchFirefox(firefox!, options);
  if (name === "webkit") return launchWebKit(webkit!);
  return options ? launchChromium(inject("browserPath"), options) : chromiumOf(stage.browser);
}
