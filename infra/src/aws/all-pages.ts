/**
 * Reads all pages of an answer.
 *
 * @param read requests one page; the first without a token
 * @param tokenOf the token of the next page; absent or empty on the last page
 */
export async function* allPages<Page>(
  read: (token: string | undefined) => Promise<Page>,
  tokenOf: (page: Page) => string | undefined,
): AsyncGenerator<Page> {
  let token: string | undefined;
  do {
    const page = await read(token);
    yield page;
    token = tokenOf(page);
  } while (token);
}
