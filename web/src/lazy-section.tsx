import { Component, lazy, type ReactNode, Suspense, useState } from "react";

// A chunk of its own: after a release the old page still finds it, because hashed files are shared by all versions.
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
            <p className="hint">A file that this page has not asked for yet.</p>
            <button type="button" className="quiet" onClick={() => setShown(true)}>
              Load it
            </button>
          </>
        )}
      </div>
    </section>
  );
}

/** Without it React would take the whole page down, and the notice that says what to do with it. */
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
