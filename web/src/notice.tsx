import type { Status } from "@lockstep/client";

const reload = () => location.reload(); // keeps path, query and hash

/** Says plainly where the page stands. An outdated page works on; only a gone one asks for something. */
export function Notice({ status }: { status: Status }) {
  return (
    <div className="notice" data-kind={status} aria-live="polite" data-testid="notice">
      {status === "current" && <p>You are on the newest version.</p>}
      {status === "outdated" && (
        <>
          <p>A newer version is out. Yours keeps working; reload when it suits you.</p>
          <button type="button" onClick={reload}>
            Reload
          </button>
        </>
      )}
      {status === "gone" && (
        <>
          <p>
            <strong>This version of the page is gone.</strong> Its API has been retired, so nothing can be
            loaded or saved here. Reload to get the newest version.
          </p>
          <button type="button" onClick={reload}>
            Reload now
          </button>
        </>
      )}
    </div>
  );
}
