import { type FormEvent, useCallback, useEffect, useState } from "react";
import { contract } from "./contracts/built-for.ts";
import type { Line } from "./contracts/contract.ts";

/** Lists and adds lines under the contract of this build. Shows an error if the API follows another contract. */
export function ResourceView({ onAnswer }: { onAnswer: (version: string) => void }) {
  const [lines, setLines] = useState<Line[]>();
  const [failure, setFailure] = useState<string>();

  const load = useCallback(async () => {
    try {
      const response = await fetch(contract.path);
      onAnswer(response.headers.get("x-lockstep-served") ?? `unknown (status ${response.status})`);
      if (!response.ok) throw new Error(`GET ${contract.path} answered ${response.status}.`);
      setLines(contract.read(await response.json()));
      setFailure(undefined);
    } catch (error) {
      setFailure(messageOf(error));
    }
  }, [onAnswer]);

  useEffect(() => void load(), [load]);

  const add = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const entry = new FormData(form);
    try {
      const response = await fetch(contract.path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(contract.write(String(entry.get("what")), Number(entry.get("howMany")))),
      });
      if (!response.ok) throw new Error(`POST ${contract.path} answered ${response.status}.`);
      form.reset();
      await load();
    } catch (error) {
      setFailure(messageOf(error));
    }
  };

  return (
    <section aria-labelledby="resource-heading">
      <h2 id="resource-heading" data-testid="contract">
        {contract.name}
      </h2>
      {failure !== undefined && (
        <p role="alert" className="failure" data-testid="failure">
          {failure}
        </p>
      )}
      <ul data-testid="lines">
        {lines?.map((line) => (
          <li key={line.id}>{line.text}</li>
        ))}
      </ul>
      <form onSubmit={add}>
        <label className="wide">
          What <input name="what" required placeholder="Rope" autoComplete="off" />
        </label>
        <label>
          How many <input name="howMany" type="number" min="1" defaultValue="1" required />
        </label>
        <button type="submit">Add</button>
        <button type="button" className="quiet" onClick={() => void load()}>
          Load again
        </button>
      </form>
    </section>
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
