import { VERSION_QUERY } from "../names.ts";
import { replace } from "./patches.ts";
import { inQuery, pinnedVersion } from "./pin.ts";

// Pins links and forms that lead to a service, for the moment in which the browser follows them; then they are as they were.
// What the app handles itself is not touched: the pin comes after the last listener that could cancel the event.

/** Taken from the prototype: a form field named "getAttribute" hides the form's own method. */
const { addEventListener, getAttribute, matches, removeEventListener, setAttribute } = Element.prototype;

/** What the browser follows after an event: a link, or a form with the button that submits it. */
const followed = new WeakMap<Event, Element>();

/** Begins to pin links and forms. */
export function pinNavigation(): void {
  watch(globalThis);
  around("attachShadow", Element, undefined, (_, root) => watch(root as ShadowRoot));
  around("requestSubmit", HTMLFormElement, watchRoot);
  around("submit", HTMLFormElement, (form) => pinElement(form as Element));
  around("click", HTMLElement, watchRoot);
  around("dispatchEvent", EventTarget, (target, [event]) => event?.type === "click" && watchRoot(target));
  // A stopped event ends where none of our listeners is.
  around("stopPropagation", Event, undefined, finish);
  around("stopImmediatePropagation", Event, undefined, finish);
  around("cancelBubble", Event, undefined, finish, "set");
  // And one that was stopped can still be cancelled.
  around("preventDefault", Event, undefined, (event) => followed.has(event) && restore());
}

/** Acts before or after a method of a native class, or a setter. */
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

/** Watches the root of the target's tree: some events outside the document or in a shadow root do not reach the window. */
function watchRoot(target: unknown): void {
  if (target instanceof Node) watch(Node.prototype.getRootNode.call(target));
}

/** Listens on the window, or on a root whose inside the window may not see. Twice is once. */
function watch(root: EventTarget): void {
  for (const type of ["click", "auxclick", "submit"]) {
    root.addEventListener(type, begin, true);
    root.addEventListener(type, end);
  }
  // Enter in a field submits a form too.
  root.addEventListener("keydown", watchPath, true);
}

/** Declarative shadow roots become known with the first event in them. */
function watchPath(event: Event): EventTarget[] {
  const path = event.composedPath();
  for (const node of path) if (node instanceof ShadowRoot) watch(node);
  return path;
}

/** First of all listeners. The innermost root has the last word. */
function begin(event: Event): void {
  const path = watchPath(event);
  const found = event.type === "submit" ? path[0] : path.find(isLink);
  if (found) followed.set(event, found as Element);
  if (!event.bubbles) finish(event);
}

/** Last of all listeners, if the event gets that far. */
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

/** Pins a link or a form until the next task: the browser reads the address after the last listener and before that. */
function pinElement(element: Element, event?: SubmitEvent): void {
  const submitter = event?.submitter;
  const by = submitter?.hasAttribute("formaction") ? submitter : element;
  const method = submitter?.getAttribute("formmethod") ?? getAttribute.call(element, "method");
  const isPinned = ["href", "xlink:href", "action", "formaction"].some((name) => pinAttribute(by, name));
  if (!isPinned) return;
  setTimeout(restore);
  if (/^post$/i.test(method!)) return;
  // Sent by GET, the fields of a form replace the query of its action.
  const pinFields = ({ formData }: FormDataEvent): void => {
    const fields = [...formData];
    for (const [name] of fields) formData.delete(name);
    for (const [name, value] of [[VERSION_QUERY, pinnedVersion()], ...fields])
      formData.append(name!, value as string);
  };
  addEventListener.call(element, "formdata", pinFields as EventListener);
  restores.push(() => removeEventListener.call(element, "formdata", pinFields as EventListener));
}

/** Returns whether the attribute had an address of a service. */
function pinAttribute(element: Element, name: string): unknown {
  const before = getAttribute.call(element, name);
  const pinned = before && inQuery(before);
  if (!pinned) return;
  setAttribute.call(element, name, pinned);
  return restores.push(() => {
    if (getAttribute.call(element, name) === pinned) setAttribute.call(element, name, before);
  });
}

/** What undoes the pins of this task, the last one first. */
const restores: (() => void)[] = [];

function restore(): void {
  while (restores[0]) restores.pop()!();
}
