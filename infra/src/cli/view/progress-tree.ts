import { createLogUpdate } from "log-update";
import { MARKS, type ProgressOptions, type StepState, type StepView, stepLine } from "./step-view.ts";

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MS = 100;
const PAINT = { done: 32, failed: 31, stopped: 2 } as const;

/** Redraws the running steps ten times a second. Finished steps stay above as plain text. */
export function createTreeView({ write, now }: ProgressOptions): StepView {
  const draw = createLogUpdate(terminal(write), { showCursor: true });
  const roots: StepState[] = [];
  let frame = 0;
  let timer: NodeJS.Timeout | undefined;
  const redraw = () => {
    frame++;
    draw(roots.flatMap((step) => linesOf(step, 0)).join("\n"));
  };
  function linesOf(step: StepState, depth: number): string[] {
    const mark = step.outcome === undefined ? FRAMES[frame % FRAMES.length]! : MARKS[step.outcome];
    return [
      paint(step, stepLine(step, depth, now(), mark)),
      ...step.children.flatMap((child) => linesOf(child, depth + 1)),
    ];
  }
  return {
    began(step, depth) {
      if (depth === 0) roots.push(step);
      timer ??= setInterval(redraw, FRAME_MS).unref();
      redraw();
    },
    ended(_, depth) {
      redraw();
      if (depth > 0) return;
      if (roots.some(({ outcome }) => outcome === undefined)) return;
      draw.done(); // keeps the last drawing
      roots.length = 0;
      clearInterval(timer);
      timer = undefined;
    },
    say(line) {
      draw.clear();
      write(`${line}\n`);
      if (roots.length > 0) redraw();
    },
  };
}

function paint({ outcome }: StepState, line: string): string {
  return outcome === undefined
    ? line
    : line.replace(/[✓✗–]/, (mark) => `\u001b[${PAINT[outcome]}m${mark}\u001b[0m`);
}

/** A stream for `log-update` that writes to the output of the command. */
function terminal(write: (text: string) => void): NodeJS.WritableStream {
  const { columns, rows } = process.stdout;
  return { write, isTTY: true, columns: columns ?? 80, rows: rows ?? 24 } as unknown as NodeJS.WritableStream;
}
