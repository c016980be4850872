import { VERSION_QUERY } from "../names.ts";
import { replace } from "./patches.ts";
import { inQuery, pinnedVersion } from "./pin.ts";

// Pins links and forms that lead to a service while the browser follows them, and restores them afterwards. Navigations
// that the app handles itself stay unchanged: the pin is added after the last listener that could cancel the event.

/** Taken from the prototype: a form field named "getAttribute" hides the form's own method. */
const { addEventListener, getAttribute, matches, removeEventListener, setAttribute } = Element.prototype;

/** Event → the link or form that the browser follows after the event. */
const followed = new WeakMap<Event, Element>();

/** Starts to pin links and forms. */
export function pinNavigation(): void {
  watch(globalThis);
  around("attachShadow", Element, undefined, (_, root) => watch(root as ShadowRoot));
  around("requestSubmit", HTMLFormElement, watchRoot);
  around("submit", HTMLFormElement, (form) => pinElement(form as Element));
  around("click", HTMLElement, watchRoot);
  around("dispatchEvent", EventTarget, (target, [event]) => event?.type === "click" && watchRoot(target));
  // A stopped event does not reach the listener at the end of its path.
  around("stopPropagation", Event, undefined, finish);
  around("stopImmediatePropagation", Event, undefined, finish);
  around("cancelBubble", Event, undefined, finish, "set");
  // A stopped event can still be cancelled.
  around("preventDefault", Event, undefined, (event) => followed.has(event) && restore());
}

/** Runs code before or after a method or setter of a native class. */
function around(
  name: string,
  { prototype }: { prototype: object },
  before?: (self: never, args: (Event | undefined)[]) => void,
  after?: (self: never, answer: unknown) => void,
  part?: "set",
): void {
  const apply = (native: (...args: never[]) => unknown, self: never, args: never[]): unknown => {
    before?.(self, args);
    const answer = Reflect.apply(native, self, args);
    after?.(self, answer);
    return answer;
  };
  replace(prototype, name, { apply }, part);
}

/**
 * Watches the root of the target's tree, because some events in a shadow root or outside the document do not reach the
 * window.
 */
function watchRoot(target: unknown): void {
  if (target instanceof Node) watch(Node.prototype.getRootNode.call(target));
}

/**
 * Listens for events on the window, or on another root whose events do not reach the window. A second call for the same
 * root changes nothing.
 */
function watch(root: EventTarget): void {
  for (const type of ["click", "auxclick", "submit"]) {
    root.addEventListener(type, begin, true);
    root.addEventListener(type, end);
  }
  // The Enter key in a field submits its form too.
  root.addEventListener("keydown", watchPath, true);
}

/**
 * Watches the shadow roots in an event's path. This finds declarative shadow roots, which no call of attachShadow()
 * creates.
 */
function watchPath(event: Event): EventTarget[] {
  const path = event.composedPath();
  for (const node of path) if (node instanceof ShadowRoot) watch(node);
  return path;
}

/** Capturing listener: runs before other listeners. If there are several roots, the innermost runs last and decides. */
function begin(event: Event): void {
  const path = watchPath(event);
  const found = event.type === "submit" ? path[0] : path.find(isLink);
  if (found) followed.set(event, found as Element);
  if (!event.bubbles) finish(event);
}

/** Bubbling listener: runs last, if the event reaches the root. */
function end(event: Event): void {
  if (event.composedPath().at(-1) === event.currentTarget) finish(event);
}

function finish(event: Event): void {
  const element = followed.get(event);
  if (element && !event.defaultPrevented) pinElement(element, event as SubmitEvent);
}

function isLink(node: unknown): node is Element {
  return node instanceof Element && matches.call(node, ":any-link");
}

/**
 * Pins a link or form until the next task. The browser reads the address after the last listener and before the next
 * task.
 */
function pinElement(element: Element, event?: SubmitEvent): void {
  const submitter = event?.submitter;
  const by = submitter?.hasAttribute("formaction") ? submitter : element;
  const method = submitter?.getAttribute("formmethod") ?? getAttribute.call(element, "method");
  const isPinned = ["href", "xlink:href", "action", "formaction"].some((name) => pinAttribute(by, name));
  if (!isPinned) return;
  setTimeout(restore);
  if (/^post$/i.test(method!)) return;
  // In a GET submission, the form's fields replace the query of its action.
  const pinFields = ({ formData }: FormDataEvent): void => {
    const fields = [...formData];
    for (const [name] of fields) formData.delete(name);
    for (const [name, value] of [[VERSION_QUERY, pinnedVersion()], ...fields])
      formData.append(name!, value as string);
  };
  addEventListener.call(element, "formdata", pinFields as EventListener);
  restores.push(() => removeEventListener.call(element, "formdata", pinFields as EventListener));
}

/** Pins an attribute. Returns a truthy value if the attribute had the address of a service. */
function pinAttribute(element: Element, name: string): unknown {
  const before = getAttribute.call(element, name);
  const pinned = before && inQuery(before);
  if (!pinned) return;
  setAttribute.call(element, name, pinned);
  return restores.push(() => {
    if (getAttribute.call(element, name) === pinned) setAttribute.call(element, name, before);
  });
}

/** Functions that undo the pins of this task. They run in reverse order. */
const restores: (() => void)[] = [];

function restore(): void {
  while (restores[0]) restores.pop()!();
}
