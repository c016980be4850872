import { keepForm, lockstep } from "@lockstep/client";
import { useEffect, useRef, useState } from "react";

/** A form whose text survives a reload by Lockstep: `keepForm()` saves and restores it. */
export function DraftForm() {
  const form = useRef<HTMLFormElement>(null);
  const [length, setLength] = useState(0);
  useEffect(() => keepForm(lockstep, form.current!), []);

  return (
    <section aria-labelledby="draft-heading">
      <h2 id="draft-heading">Draft</h2>
      <form
        ref={form}
        id="draft"
        className="stacked"
        onInput={(event) => setLength(event.currentTarget.querySelector("textarea")!.value.length)}
      >
        <label>
          Title <input name="title" autoComplete="off" />
        </label>
        <label>
          Text <textarea name="body" rows={3} data-testid="draft" />
        </label>
      </form>
      <p className="hint">
        {length === 0
          ? "Type something, then reload with the button in the notice. The text stays."
          : `${length} characters, not sent.`}
      </p>
    </section>
  );
}
