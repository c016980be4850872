import type { Stage } from "../stage.ts";

/** Query of a page whose `BroadcastChannel` throws, as it does if the user blocks storage. */
export const NO_CHANNEL = "?no-channel";

/** Query of a page that calls `reload()` whenever it is not current, and requests `/api/who?loaded` at each load. */
export const RELOADS = "?reloads";

const SCRIPT = `
globalThis.lockstepErrors = [];
const note = (text) => lockstepErrors.push(String(text));
addEventListener("error", (event) => note(event.message));
addEventListener("unhandledrejection", (event) => note(event.reason));
const { error } = console;
console.error = (...all) => { note(all.join(" ")); error.apply(console, all); };
if (location.search === "${NO_CHANNEL}")
  globalThis.BroadcastChannel = class { constructor() { throw new DOMException("no channel", "SecurityError"); } };
if (location.search === "${RELOADS}")
  addEventListener("load", () => {
    fetch("/api/who?loaded");
    const go = () => lockstep.status === "current" || lockstep.reload();
    lockstep.subscribe(go);
    go();
  });
`;

/** Adds a script before the page script of released versions. It collects errors in the same way in every engine. */
export function collectErrors(stage: Stage, ...ids: string[]): void {
  stage.world.objects.set("assets/collect-errors.js", {
    Body: Buffer.from(SCRIPT),
    ContentType: "text/javascript",
  });
  for (const id of ids) {
    // Every browser requests a favicon, and Chromium reports a missing one as an error of the page.
    stage.world.objects.set(`builds/${id}/favicon.ico`, {
      Body: Buffer.from(""),
      ContentType: "image/x-icon",
    });
    const page = stage.world.objects.get(`builds/${id}/index.html`)!;
    const html = Buffer.from(page.Body).toString();
    const Body = Buffer.from(
      html.replace(/<head>/, '<head><script src="/assets/collect-errors.js"></script>'),
    );
    stage.world.objects.set(`builds/${id}/index.html`, { ...page, Body });
  }
}
