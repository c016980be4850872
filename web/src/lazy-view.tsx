/** In a chunk of its own, loaded on demand. */
export default function LazyView({ path }: { path: string }) {
  return (
    <p data-testid="lazy">
      Loaded on demand, on <code>{path}</code>: this chunk has a hash in its name and outlives its version.
    </p>
  );
}
