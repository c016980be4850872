interface VersionPlatesProps {
  page: string | undefined;
  answeredBy: string | undefined;
  current: string | undefined;
}

/** Shows the version of the page, the version that answers its requests, and the current version. */
export function VersionPlates({ page, answeredBy, current }: VersionPlatesProps) {
  return (
    <dl className="plates" data-locked={page !== undefined && page === answeredBy}>
      <Plate term="Page built as" value={page ?? "dev server"} testId="page-version" />
      <Plate term="API answered as" value={answeredBy ?? "…"} testId="answered-by" />
      <Plate term="Current version" value={current ?? "…"} testId="current-version" />
    </dl>
  );
}

function Plate({ term, value, testId }: { term: string; value: string; testId: string }) {
  return (
    <div className="plate" data-kind={testId}>
      <dt>{term}</dt>
      <dd data-testid={testId}>{value}</dd>
    </div>
  );
}
