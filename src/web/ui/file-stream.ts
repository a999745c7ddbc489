/** Headers of a file to download that nobody else may keep. */
export const downloadHeaders = (fileName: string, contentType: string) => ({
  'content-type': contentType,
  'content-disposition': `attachment; filename="${fileName}"`,
  'cache-control': 'private, no-store',
})

/**
 * A file of any length: its first text, then pages as they are read. One that fails midway breaks off, so that nobody takes it for whole.
 */
export function fileStream<Page>(
  headers: Record<string, string>,
  first: string,
  pages: AsyncIterator<Page>,
  text: (page: Page) => string,
): Response {
  const bytes = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    start: (file) => {
      if (first !== '') file.enqueue(bytes.encode(first))
    },
    async pull(file) {
      const { value, done } = await pages.next()
      if (done) file.close()
      else file.enqueue(bytes.encode(text(value)))
    },
    cancel: async () => void (await pages.return?.()),
  })
  return new Response(body, { headers })
}
