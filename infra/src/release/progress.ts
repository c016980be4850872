/** Shows what is being done. Steps may run side by side. */
export interface Progress {
  /** Runs a step and shows its time, and its cause in place when it fails. `note` adds a word on what it came to. */
  step<Result>(title: string, act: (note: (text: string) => void) => Promise<Result>): Promise<Result>;
  /** A line that belongs to no step. */
  say(line: string): void;
}

export interface ProgressOptions {
  write: (text: string) => void;
  /** Colours and marks: a terminal, no `NO_COLOR`, no `CI`. */
  color: boolean;
  /** Milliseconds since the epoch. */
  now: () => number;
}

const TITLE_WIDTH = 34;

/** One line per step, when it ends: readable in a terminal, in a pipe and in a CI log alike. */
export function createProgress({ write, color, now }: ProgressOptions): Progress {
  const paint = (code: number, text: string) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  return {
    async step(title, act) {
      const startedAt = now();
      const notes: string[] = [];
      const line = (mark: string, text: string) => {
        const seconds = `${((now() - startedAt) / 1000).toFixed(1)} s`.padStart(8);
        write(`${mark} ${title.padEnd(TITLE_WIDTH)} ${seconds}${text === "" ? "" : `  ${text}`}\n`);
      };
      try {
        const result = await act((text) => notes.push(text));
        line(paint(32, "✓"), paint(2, notes.join(", ")));
        return result;
      } catch (error) {
        if (isAborted(error)) line(paint(2, "–"), "stopped");
        else line(paint(31, "✗"), firstLine(error));
        throw error;
      }
    },
    say: (text) => write(`${text}\n`),
  };
}

/** Colours are for people at a terminal (https://no-color.org). */
export function wantsColor(stream: { isTTY?: boolean }, environment: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && !environment.NO_COLOR && !environment.CI;
}

function isAborted(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.split("\n", 1)[0] ?? "";
}
