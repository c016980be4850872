import type { Lockstep } from "./lockstep.ts";

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;
/** Types of fields that must not be stored or cannot be restored. */
const NEVER_KEPT = new Set(["password", "file", "hidden", "submit", "reset", "button", "image"]);
/** Tokens of `autocomplete` for values that browsers store encrypted or not at all. */
const SECRET = /(?:^|\s)(?:cc-\S*|one-time-code|(?:current|new)-password)(?:\s|$)/i;

export interface KeepFormOptions {
  /** Name of the draft in sessionStorage. Default: the form's id, then its name. */
  key?: string;
}

/**
 * Keeps the values of a form when Lockstep reloads the page. Saves them to sessionStorage right before the reload. The
 * next call restores and deletes them, and dispatches `input` and `change` events so that frameworks notice. Fields
 * need names. Passwords (also while they are shown), files, card data and one-time codes are never saved.
 *
 * @returns a function that stops saving
 * @throws TypeError if there is no key and the form has neither id nor name
 */
export function keepForm(
  lockstep: Pick<Lockstep, "onBeforeReload">,
  form: HTMLFormElement,
  options: KeepFormOptions = {},
): () => void {
  const attribute = (name: string) => Element.prototype.getAttribute.call(form, name);
  const name = options.key || attribute("id") || attribute("name");
  if (!name) throw new TypeError("keepForm() needs a key, or a form with an id or a name.");
  const key = `lockstep-draft:${name}`;
  const draft = takeDraft(key);
  if (draft) fill(form, draft);
  const note = (): void => noteSecrets(form);
  note();
  EventTarget.prototype.addEventListener.call(form, "focusin", note);
  const stop = lockstep.onBeforeReload(() => storage()?.setItem(key, JSON.stringify(read(form))));
  return () => {
    EventTarget.prototype.removeEventListener.call(form, "focusin", note);
    stop();
  };
}

/** Returns `undefined` if storage is blocked; no draft is saved then. If storage is full, `setItem` throws. */
function storage(): Storage | undefined {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}

/** Reads `elements` through the prototype, because a field named "elements" hides the form's own property. */
function elementsOf(form: HTMLFormElement): Element[] {
  const { get } = Object.getOwnPropertyDescriptor(HTMLFormElement.prototype, "elements")!;
  return [...(get!.call(form) as HTMLFormControlsCollection)];
}

/** Fields that were of type password at some time: a "show password" button changes the type. */
const secrets = new WeakSet<Element>();

function noteSecrets(form: HTMLFormElement): void {
  for (const element of elementsOf(form)) if ((element as Field).type === "password") secrets.add(element);
}

function takeDraft(key: string): string[][] | undefined {
  try {
    const text = storage()?.getItem(key);
    storage()?.removeItem(key);
    return JSON.parse(text ?? "") as string[][];
  } catch {
    return undefined; // there is no draft, or storage is blocked
  }
}

/** Returns one entry per field, in the form's order: its name, then its values. */
function read(form: HTMLFormElement): string[][] {
  return fieldsOf(form).map((field) => [field.name, ...valuesOf(field)]);
}

function valuesOf(field: Field): string[] {
  if (field instanceof HTMLSelectElement) return [...field.selectedOptions].map((option) => option.value);
  if (isChoice(field)) return field.checked ? [field.value] : [];
  return [field.value];
}

function fill(form: HTMLFormElement, draft: string[][]): void {
  const left = [...draft];
  for (const field of fieldsOf(form)) {
    const at = left.findIndex(([name]) => name === field.name);
    const [entry] = at < 0 ? [] : left.splice(at, 1);
    if (!entry) continue;
    const values = entry.slice(1);
    if (field instanceof HTMLSelectElement)
      for (const option of field.options) option.selected = values.includes(option.value);
    else if (isChoice(field)) choose(field, values.includes(field.value));
    else setValue(field, values[0] ?? "");
    if (isChoice(field)) continue;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

/** Clicks the field, so that all events of a user's click occur. A radio button cannot be unchecked by a click. */
function choose(field: HTMLInputElement, wanted: boolean): void {
  if (field.checked !== wanted && (wanted || field.type === "checkbox")) field.click();
}

/**
 * Uses the prototype's setter: frameworks override the property of the field and would ignore a change through their
 * own setter.
 */
function setValue(field: Field, value: string): void {
  const prototype = Object.getPrototypeOf(field) as object;
  Object.getOwnPropertyDescriptor(prototype, "value")!.set!.call(field, value);
}

function isChoice(field: Field): field is HTMLInputElement {
  return field instanceof HTMLInputElement && /^(checkbox|radio)$/.test(field.type);
}

function fieldsOf(form: HTMLFormElement): Field[] {
  return elementsOf(form).filter(
    (element): element is Field =>
      /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName) &&
      (element as Field).name !== "" &&
      !secrets.has(element) &&
      !SECRET.test(element.getAttribute("autocomplete") ?? "") &&
      !NEVER_KEPT.has((element as Field).type),
  );
}
