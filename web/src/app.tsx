import { UpdatePrompt, useLockstep } from "@lockstep/client/react";
import { useState } from "react";
import { Chat } from "./chat.tsx";
import { DraftForm } from "./draft-form.tsx";
import { LazySection } from "./lazy-section.tsx";
import { Notice } from "./notice.tsx";
import { ResourceView } from "./resource-view.tsx";
import { Ticker } from "./ticker.tsx";
import { VersionPlates } from "./version-plates.tsx";

export function App() {
  const { version, current, status } = useLockstep();
  const [answeredBy, setAnsweredBy] = useState<string>();

  return (
    <main data-status={status}>
      <header>
        <h1>
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <path d="M5 10h22M5 22h22" />
            <circle cx="19" cy="10" r="4" />
            <circle cx="19" cy="22" r="4" />
          </svg>
          Lockstep
        </h1>
        <p className="lead">
          This page talks to the API version it was built with, until <em>you</em> reload it.
        </p>
      </header>
      <VersionPlates page={version} answeredBy={answeredBy} current={current} />
      <UpdatePrompt>{(state) => <Notice {...state} />}</UpdatePrompt>
      <div className="cards">
        <ResourceView onAnswer={setAnsweredBy} />
        <DraftForm />
        <div className="stack">
          <Ticker />
          <LazySection />
        </div>
        <Chat />
      </div>
    </main>
  );
}
