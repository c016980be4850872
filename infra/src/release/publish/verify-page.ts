import { VERSION_COOKIE } from "@lockstep/edge/names";
import type { Clock } from "../../base/clock.ts";
import { LockstepError } from "../../base/lockstep-error.ts";
import { pageVersion } from "../../versions/page.ts";

export interface VerifyPageOptions {
  /** The public URL of the app, without a trailing slash. */
  origin: string;
  /** Path of the frontend (`web.base`). Default `/`. */
  base?: string;
  id: string;
  /** Whether the answer must set the version's cookie (`protection.enabled`). */
  cookie: boolean;
  /** Reads the current version from the ledger. Another version may have been promoted in the meantime. */
  readCurrent: () => Promise<string | undefined>;
  clock: Clock;
  fetch?: typeof fetch;
  /** Time limit. Default 90 s, because the pointer takes seconds to reach every edge. */
  timeoutMs?: number;
}

const POLL_MS = 250;
const ANSWER_MS = 10_000;

/**
 * Requests the page as a browser does, until its `<meta>` and its cookie name the version.
 *
 * @returns `seen`, or `overtaken` if another version has been promoted in the meantime
 * @throws LockstepError PAGE_NOT_SEEN with the last answer
 */
export async function verifyPage(options: VerifyPageOptions): Promise<"seen" | "overtaken"> {
  const { origin, base = "/", id, readCurrent, clock, timeoutMs = 90_000 } = options;
  const deadline = clock.now() + timeoutMs;
  for (;;) {
    const wrong = await load(options);
    if (wrong === undefined) return "seen";
    if ((await readCurrent()) !== id) return "overtaken";
    if (clock.now() >= deadline) throw new LockstepError("PAGE_NOT_SEEN", `GET ${origin}${base}: ${wrong}.`);
    await clock.sleep(POLL_MS);
  }
}

async function load({ origin, base = "/", id, cookie, fetch: send = fetch }: VerifyPageOptions) {
  try {
    const response = await send(`${origin}${base}`, {
      headers: { accept: "text/html", "sec-fetch-dest": "document", "user-agent": "lockstep-probe" },
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const page = await response.text();
    if (response.status !== 200) return `it answered ${response.status}`;
    const version = pageVersion(page);
    if (version !== id) return `the page names ${version ?? "no version"}`;
    const cookies = response.headers.getSetCookie();
    if (cookie && !cookies.some((value) => value.startsWith(`${VERSION_COOKIE}=${id};`)))
      return `the cookie is ${cookies.join(", ") || "missing"}`;
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
