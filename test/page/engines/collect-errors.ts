import type { Stage } from "../stage.ts";

/** In a page's address: `BroadcastChannel` throws there, as it does where the user blocks storage. */
export const NO_CHANNEL = "?no-channel";

/** In a page's address: the page calls `reload()` whenever it is not current, and `/api/who?loaded` at each load. */
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

/** Puts a script before the page script of released versions: it collects errors, in every engine alike. */
export function collectErrors(stage: Stage, ...ids: string[]): void {
  stage.world.objects.set("assets/collect-errors.js", {
    Body: Buffer.from(SCRIPT),
    ContentType: "text/javascript",
  });
  for (const id of ids) {
    // Every browser asks for one, and Chromium reports a missing one as an error of the page.
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
