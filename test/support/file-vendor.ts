import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a vendor of files was sent last, and what it has served. */
export interface FileVendor {
  url: string
  /** bytes of the next file */
  sizeBytes: number
  /** it breaks off in the middle of the next one */
  breaks: boolean
  sentBytes: number
  /** SHA-256 of what it served */
  sentHash: string
  received: { line: string; bytes: number; hash: string }[]
  close(): Promise<void>
}

const CHUNK_BYTES = 64 * 1024

/**
 * A vendor whose files are made while they are sent, and forgotten while they come: it holds no more than a chunk of any. `GET /v1/files/{id}`,
 * and anything else takes a file.
 */
export async function startFileVendor(): Promise<FileVendor> {
  const server: Server = createServer(async (request, response) => {
    if (request.method === 'GET') return serveFile()
    const hash = createHash('sha256')
    let bytes = 0
    for await (const chunk of request) {
      hash.update(chunk as Buffer)
      bytes += (chunk as Buffer).length
    }
    vendor.received.push({ line: `${request.method} ${request.url}`, bytes, hash: hash.digest('hex') })
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id: 77, bytes }))

    async function serveFile() {
      const sent = createHash('sha256')
      vendor.sentBytes = 0
      const gone = new AbortController()
      response.once('close', () => gone.abort())
      response.writeHead(200, {
        'content-type': 'application/octet-stream',
        'content-disposition': 'attachment; filename="big.bin"',
        'content-length': vendor.sizeBytes,
      })
      for (let number = 0; vendor.sentBytes < vendor.sizeBytes; number++) {
        const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, vendor.sizeBytes - vendor.sentBytes), number % 251)
        sent.update(chunk)
        vendor.sentBytes += chunk.length
        if (response.destroyed) return
        if (vendor.breaks && vendor.sentBytes > vendor.sizeBytes / 2) return void response.destroy()
        // of one that is gone no drain comes
        if (!response.write(chunk)) await once(response, 'drain', { signal: gone.signal }).catch(() => undefined)
      }
      vendor.sentHash = sent.digest('hex')
      response.end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const vendor: FileVendor = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ sizeBytes: 0, breaks: false, sentBytes: 0, sentHash: '', received: [] },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return vendor
}

/** Vendor of the element in `test/journeys/bodies/element.json`. */
export const FILE_ORIGIN = 'https://api.acme.test'
