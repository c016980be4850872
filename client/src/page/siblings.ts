import type { News } from "./hub.ts";

const CHANNEL = "lockstep";

/**
 * A message between tabs and workers of one browser: news, or the id of a version that is gone. Each tab and worker
 * keeps its own version.
 */
type Message = News | string;

let channel: BroadcastChannel | undefined;

/** Connects this page to the other tabs of this browser until it unloads or enters the back/forward cache. */
export function joinSiblings(receive: (message: Message) => void): void {
  const join = (): void => {
    try {
      channel ??= new BroadcastChannel(CHANNEL);
      channel.onmessage = ({ data }) => receive(data);
    } catch {
      // blocked, for example with all cookies in Firefox: this page relies on its own status checks
    }
  };
  join();
  addEventListener("pageshow", join);
  addEventListener("pagehide", () => {
    channel?.close(); // an open channel would keep the page out of the back/forward cache
    channel = undefined;
  });
}

export function sendToSiblings(message: Message): void {
  try {
    channel?.postMessage(message);
  } catch {
    // blocked in the meantime
  }
}
