import type { News } from "./hub.ts";

const CHANNEL = "lockstep";

/** What tabs and workers of one browser tell each other: news, or a version that is gone. Each keeps its own version. */
type Message = News | string;

let channel: BroadcastChannel | undefined;

/** Joins the other tabs of this browser while this page is shown or kept in the background. */
export function joinSiblings(hear: (message: Message) => void): void {
  const join = (): void => {
    try {
      channel ??= new BroadcastChannel(CHANNEL);
      channel.onmessage = ({ data }) => hear(data);
    } catch {
      // blocked, as with all cookies in Firefox: this page asks for itself only
    }
  };
  join();
  addEventListener("pageshow", join);
  addEventListener("pagehide", () => {
    channel?.close(); // an open channel would keep the page out of the back/forward cache
    channel = undefined;
  });
}

export function tellSiblings(message: Message): void {
  try {
    channel?.postMessage(message);
  } catch {
    // blocked since: as above
  }
}
