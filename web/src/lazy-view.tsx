export default function LazyView({ path }: { path: string }) {
  return (
    <p data-testid="lazy">
      Loaded on demand, on <code>{path}</code>: all versions share this chunk, because its name contains a
      hash.
    </p>
  );
}
