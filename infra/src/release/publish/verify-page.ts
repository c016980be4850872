import { VERSION_COOKIE } from "@lockstep/edge/names";
import type { Clock } from "../../base/clock.ts";
import { LockstepError } from "../../base/lockstep-error.ts";
import { metaOf } from "../../versions/page.ts";

export interface VerifyPageOptions {
  /** Where readers reach the app, without a slash at the end. */
  origin: string;
  /** Where the frontend begins (`web.base`). Default `/`. */
  base?: string;
  id: string;
  /** Whether the answer must carry the version's cookie (`protection.enabled`). */
  cookie: boolean;
  /** What is current by the ledger: another release may be faster. */
  readCurrent: () => Promise<string | undefined>;
  clock: Clock;
  fetch?: typeof fetch;
  /** The pointer takes seconds to reach every edge. Default 90 s. */
  timeoutMs?: number;
}

const POLL_MS = 250;
const ANSWER_MS = 10_000;

/**
 * Loads the page as a browser does, until it is of the version: by its own `<meta>` and by the cookie.
 *
 * @returns `seen`, or `overtaken` when another version has become current meanwhile
 * @throws LockstepError PAGE_NOT_SEEN with what came instead
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
    if (version !== id) return `the page says ${version ?? "no version"}`;
    const cookies = response.headers.getSetCookie();
    if (cookie && !cookies.some((value) => value.startsWith(`${VERSION_COOKIE}=${id};`)))
      return `the cookie is ${cookies.join(", ") || "missing"}`;
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What `<meta name="lockstep-version" content="…">` says, in whichever order a build writes the attributes. */
export function pageVersion(html: string): string | undefined {
  return metaOf(html, "content");
}
