import { CURRENT_HEADER, GONE_TYPE, OUTCOME_HEADER, VERSION_HEADER } from "../names.ts";
import { replace } from "./patches.ts";
import { inQuery, isApi, pinnedVersion } from "./pin.ts";
import { hint, hub } from "./watch.ts";

/** Pins `fetch` and `XMLHttpRequest` by header, and hears what their answers say. */
export function pinRequests(): void {
  replace(globalThis, "fetch", {
    apply(native, self, args) {
      const pinned = pinnedArguments(args);
      if (!pinned) return Reflect.apply(native, self, args);
      return (Reflect.apply(native, self, pinned) as Promise<Response>).then((response) => {
        hearResponse(response);
        return response;
      });
    },
  });

  const xhr = XMLHttpRequest.prototype as XMLHttpRequest;
  const { setRequestHeader, addEventListener } = xhr;
  const hear = ({ target }: Event): void => hearXhr(target as XMLHttpRequest);
  replace(xhr, "open", {
    apply(native, self, args: unknown[]) {
      const answer = Reflect.apply(native, self, args as never[]);
      if (isApi(args[1])) {
        setRequestHeader.call(self, VERSION_HEADER, pinnedVersion());
        addEventListener.call(self, "loadend", hear); // the same listener twice is one
      }
      return answer;
    },
  });
}

/** The arguments of a fetch with the pin; `undefined` when it is none of ours, or so wrong that only the browser should say so. */
function pinnedArguments(args: readonly unknown[]): unknown[] | undefined {
  try {
    const [input, init] = args as [RequestInfo | URL, RequestInit | undefined];
    const request = input instanceof Request ? input : undefined;
    if (!isApi(request ? request.url : input)) return undefined;
    if (!request) {
      // Without CORS a request may carry no header of ours; its address may.
      if (init?.mode === "no-cors") return [inQuery(input), init];
      // An object of a class may have its members on the prototype, where spreading does not find them.
      if (!init || init.constructor === Object) {
        const before = init?.headers;
        let headers: HeadersInit = { ...(before as object), [VERSION_HEADER]: pinnedVersion() };
        if (before && before.constructor !== Object) {
          headers = new Headers(before);
          headers.set(VERSION_HEADER, pinnedVersion());
        }
        return [input, { ...init, headers }];
      }
    }
    // What fetch itself does first. A copy, since the app's own request is not ours to change.
    const copy = new Request(input, init);
    copy.headers.set(VERSION_HEADER, pinnedVersion());
    return [copy];
  } catch {
    return undefined;
  }
}

/** Hears what an answer says, before the app sees it. */
export function hearResponse(response: Response): void {
  // A copy is read: the app gets the body untouched.
  const text = (): Promise<string> => response.clone().text();
  hearAnswer(response.status, response.headers, text);
}

function hearXhr(xhr: XMLHttpRequest): void {
  const text = (): string => (xhr.responseType === "json" ? JSON.stringify(xhr.response) : xhr.responseText);
  hearAnswer(xhr.status, { get: (name) => xhr.getResponseHeader(name) }, text);
}

function hearAnswer(
  status: number,
  headers: Pick<Headers, "get">,
  text: () => string | Promise<string>,
): void {
  hint(headers.get(CURRENT_HEADER));
  if (status !== 409) return;
  if (headers.get(OUTCOME_HEADER) === "gone") hub.gone();
  else void hearProblem(text);
}

/** A load balancer's fixed answer has no header to say it. */
async function hearProblem(text: () => string | Promise<string>): Promise<void> {
  try {
    if (JSON.parse(await text()).type === GONE_TYPE) hub.gone();
  } catch {
    // no text, no JSON, or a body that broke off: the app's own 409
  }
}
