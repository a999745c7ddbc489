import type { Readable } from 'node:stream'
import { downloadHeaders } from './file-stream.ts'

/** A zip archive to download; a stream is sent while it is made. */
export function zipFile(fileName: string, content: Uint8Array | Readable): Response {
  const body = content instanceof Uint8Array ? new Uint8Array(content) : streamOf(content)
  return new Response(body, { headers: { ...downloadHeaders(fileName, 'application/zip'), 'x-content-type-options': 'nosniff' } })
}

function streamOf(content: Readable): ReadableStream<Uint8Array> {
  const chunks = content[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  return new ReadableStream<Uint8Array>({
    async pull(file) {
      const { value, done } = await chunks.next()
      if (done) file.close()
      else file.enqueue(value)
    },
    cancel: () => void content.destroy(),
  })
}
