import { useLockstep } from "@lockstep/client/react";
import { lazy, Suspense, useState } from "react";
import { LiveView } from "./live-view.tsx";
import { Notice } from "./notice.tsx";
import { page } from "./page.ts";
import { ResourceView } from "./resource-view.tsx";

// A chunk of its own: after a release the old page still finds it, because hashed files are shared by all versions.
const LazyView = lazy(() => import("./lazy-view.tsx"));

export function App() {
  const { version, current, status } = useLockstep(page);
  const [answeredBy, setAnsweredBy] = useState<string>();
  const [showLazy, setShowLazy] = useState(false);
  const path = location.pathname;

  return (
    <main data-status={status}>
      <header>
        <h1>Lockstep</h1>
        <p className="lead">
          This page talks to the API version it was built with, until <em>you</em> reload it.
        </p>
        <dl className="badges">
          <Badge term="Page built as" value={version ?? "dev server"} testId="page-version" />
          <Badge term="API answered as" value={answeredBy ?? "…"} testId="answered-by" />
          <Badge term="Current version" value={current ?? "…"} testId="current-version" />
        </dl>
      </header>
      <Notice status={status} />
      <ResourceView onAnswer={setAnsweredBy} />
      <LiveView />
      <section aria-labelledby="lazy-heading">
        <h2 id="lazy-heading">Lazy chunk</h2>
        {showLazy ? (
          <Suspense fallback={<p>Loading …</p>}>
            <LazyView path={path} />
          </Suspense>
        ) : (
          <button type="button" onClick={() => setShowLazy(true)}>
            Load it
          </button>
        )}
      </section>
    </main>
  );
}

function Badge({ term, value, testId }: { term: string; value: string; testId: string }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd data-testid={testId}>{value}</dd>
    </div>
  );
}
