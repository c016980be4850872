import type { LockstepState } from "@lockstep/client";

type NoticeProps = LockstepState & { reload: () => Promise<void> };

/** Shows the status of the page's version. Its space is always reserved, so the content below never moves. */
export function Notice({ status, endsAt, reload }: NoticeProps) {
  const button = (label: string) => (
    <button type="button" onClick={() => void reload()}>
      {label}
    </button>
  );
  return (
    <section className="notice" data-kind={status} aria-label="Version notice" data-testid="notice">
      <div aria-live={status === "gone" ? "assertive" : "polite"}>
        {status === "current" && <p>You are on the newest version.</p>}
        {status === "outdated" && (
          <p>A newer version is out. Yours keeps working; reload when it suits you.</p>
        )}
        {status === "ending" && (
          <p>
            <strong>Your version ends at {endsAt !== undefined && timeOf(endsAt)}.</strong> Reload before
            then; what you have typed is kept.
          </p>
        )}
        {status === "gone" && (
          <p>
            <strong>This version of the page is gone.</strong> Nothing can be loaded or saved here. Reload to
            get the newest; what you have typed is kept.
          </p>
        )}
      </div>
      {(status === "outdated" || status === "ending") && button("Reload")}
      {status === "gone" && button("Reload now")}
    </section>
  );
}

/** Formats a time as `14:05`, with the day if it is not today. */
function timeOf(at: number): string {
  const date = new Date(at);
  const time = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const sameDay = date.toDateString() === new Date().toDateString();
  return sameDay
    ? time
    : `${time} on ${date.toLocaleDateString([], { weekday: "long", day: "numeric", month: "long" })}`;
}
