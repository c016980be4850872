import { CURRENT_HEADER, GONE_TYPE, OUTCOME_HEADER, VERSION_HEADER } from "../names.ts";
import type { Patches } from "./patches.ts";
import type { Pin } from "./pin.ts";
import type { Watch } from "./watch.ts";

/** Pins `fetch` and `XMLHttpRequest` by header, and hears what their answers say. */
export function pinRequests(scope: typeof globalThis, patches: Patches, pin: Pin, watch: Watch): void {
  patches.replace(scope, "fetch", {
    apply(native, self, args) {
      const pinned = pinnedArguments(args, pin);
      if (!pinned) return Reflect.apply(native, self, args);
      return (Reflect.apply(native, self, pinned) as Promise<Response>).then((response) => {
        hearResponse(response, watch);
        return response;
      });
    },
  });

  const xhr = scope.XMLHttpRequest.prototype as XMLHttpRequest;
  const { setRequestHeader, addEventListener } = xhr;
  const hear = ({ target }: Event): void => hearXhr(target as XMLHttpRequest, watch);
  patches.replace(xhr, "open", {
    apply(native, self, args: unknown[]) {
      const answer = Reflect.apply(native, self, args as never[]);
      if (pin.toApi(args[1])) {
        setRequestHeader.call(self, VERSION_HEADER, pin.id);
        addEventListener.call(self, "loadend", hear); // the same listener twice is one
      }
      return answer;
    },
  });
}

/** The arguments of a fetch with the pin; `undefined` when it is none of ours, or so wrong that only the browser should say so. */
function pinnedArguments(args: readonly unknown[], pin: Pin): unknown[] | undefined {
  try {
    const [input, init] = args as [RequestInfo | URL, RequestInit | undefined];
    const request = input instanceof Request ? input : undefined;
    if (!pin.toApi(request ? request.url : input)) return undefined;
    if (!request) {
      // Without CORS a request may carry no header of ours; its address may.
      if (init?.mode === "no-cors") return [pin.inQuery(input), init];
      // An object of a class may have its members on the prototype, where spreading does not find them.
      if (!init || init.constructor === Object) {
        const headers = new Headers(init?.headers);
        headers.set(VERSION_HEADER, pin.id);
        return [input, { ...init, headers }];
      }
    }
    // What fetch itself does first. A copy, since the app's own request is not ours to change.
    const copy = new Request(input, init);
    copy.headers.set(VERSION_HEADER, pin.id);
    return [copy];
  } catch {
    return undefined;
  }
}

/** Hears what an answer says, before the app sees it. */
export function hearResponse(response: Response, watch: Watch): void {
  // A copy is read: the app gets the body untouched.
  const text = (): Promise<string> => response.clone().text();
  void hearAnswer(response.status, (name) => response.headers.get(name), text, watch);
}

function hearXhr(xhr: XMLHttpRequest, watch: Watch): void {
  const text = (): string => (xhr.responseType === "json" ? JSON.stringify(xhr.response) : xhr.responseText);
  void hearAnswer(xhr.status, (name) => xhr.getResponseHeader(name), text, watch);
}

async function hearAnswer(
  status: number,
  header: (name: string) => string | null,
  text: () => string | Promise<string>,
  watch: Watch,
): Promise<void> {
  watch.hint(header(CURRENT_HEADER));
  if (status !== 409) return;
  try {
    // A load balancer's fixed answer has no header to say it.
    if (header(OUTCOME_HEADER) === "gone" || JSON.parse(await text()).type === GONE_TYPE) watch.gone();
  } catch {
    // no text, no JSON, or a body that broke off: the app's own 409
  }
}
