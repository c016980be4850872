import { inject } from "vitest";
import type {} from "../../browser/global-setup.ts";
import type { Engine, EngineName } from "./engine.ts";
import { launchFirefox } from "./firefox.ts";
import { launchWebKit } from "./webkit.ts";
import type { Stage } from "../stage.ts";
import { chromiumOf } from "./chromium.ts";

/** The engines that this machine has; the global setup reports what is missing. */
export function availableEngines(): EngineName[] {
  const { firefox, webkit } = inject("engines");
  return ["chromium", ...(firefox ? (["firefox"] as const) : []), ...(webkit ? (["webkit"] as const) : [])];
}

/** Starts an engine; Chromium is the stage's own. */
export function launchEngine(name: EngineName, stage: Stage): Promise<Engine> | Engine {
  const { firefox, webkit } = inject("engines");
  if (name === "chromium") return chromiumOf(stage.browser);
  return name === "firefox" ? launchFirefox(firefox!) : launchWebKit(webkit!);
}
