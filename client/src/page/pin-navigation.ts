import { VERSION_QUERY } from "../names.ts";
import { replace } from "./patches.ts";
import { inQuery, pinnedVersion, toApi } from "./pin.ts";

/**
 * Pins links and forms that lead to the API, for the moment in which the browser follows them; then they are as they
 * were. Comes last, so that what the app handles itself is not touched.
 */
export function pinNavigation(): void {
  const follow = (event: Event): void => {
    if (event.defaultPrevented) return;
    const [target] = event.composedPath() as [Element];
    const link = target.closest?.("a[href],area[href]");
    if (link) pinAttribute(link, "href");
  };
  addEventListener("click", follow);
  addEventListener("auxclick", follow);
  addEventListener("submit", (event) => {
    if (!event.defaultPrevented) pinForm(event.target as HTMLFormElement, event.submitter);
  });
  replace(HTMLFormElement.prototype, "submit", {
    apply(native, self, args) {
      pinForm(self as HTMLFormElement, null);
      return Reflect.apply(native, self, args);
    },
  });
}

function pinForm(form: HTMLFormElement, submitter: HTMLElement | null): void {
  // By attribute: a field called "action" would hide the form's own property.
  const by = submitter?.hasAttribute("formaction") ? submitter : form;
  const action = by === form ? "action" : "formaction";
  const method = submitter?.getAttribute("formmethod") ?? form.getAttribute("method");
  if (/post/i.test(method!)) pinAttribute(by, action);
  else if (toApi(by.getAttribute(action))) {
    // A form that is sent by GET writes the query of its action anew, from its fields.
    const field = form.ownerDocument.createElement("input");
    Object.assign(field, { type: "hidden", name: VERSION_QUERY, value: pinnedVersion() });
    form.prepend(field);
    setTimeout(() => field.remove());
  }
}

/** The browser reads the address after the last listener and before the next task. */
function pinAttribute(element: Element, name: string): void {
  const before = element.getAttribute(name)!;
  const pinned = inQuery(before);
  if (!pinned) return;
  element.setAttribute(name, pinned);
  setTimeout(() => element.setAttribute(name, before));
}
