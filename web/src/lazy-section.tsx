import { Component, lazy, type ReactNode, Suspense, useState } from "react";

// A separate chunk. After a release an old page can still load it, because all versions share hashed files.
const LazyView = lazy(() => import("./lazy-view.tsx"));

export function LazySection() {
  const [shown, setShown] = useState(false);
  return (
    <section aria-labelledby="lazy-heading">
      <h2 id="lazy-heading">Lazy chunk</h2>
      <div className="lazy">
        {shown ? (
          <WhenMissing>
            <Suspense fallback={<p className="hint">Loading …</p>}>
              <LazyView path={location.pathname} />
            </Suspense>
          </WhenMissing>
        ) : (
          <>
            <p className="hint">This page has not loaded the file yet.</p>
            <button type="button" className="quiet" onClick={() => setShown(true)}>
              Load it
            </button>
          </>
        )}
      </div>
    </section>
  );
}

/** Error boundary. Without it, React would remove the whole page, including the notice that offers a reload. */
class WhenMissing extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <p role="alert" className="failure">
        This part could not be loaded.
      </p>
    );
  }
}
