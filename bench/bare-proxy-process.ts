import { createServer } from 'node:http'
import { Pool } from 'undici'
import { serveParent } from './parent.ts'

/**
 * What the hub is compared with: node:http in front, an undici pool behind, headers and bytes passed on as they come.
 * `dispatch` is undici's fastest door (`request` and `pipe`, and `stream`, answer fewer calls a second).
 */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'host'])
const pool = new Pool(process.argv[2] ?? '', { connections: 128, pipelining: 1 })

const server = createServer((request, response) => {
  pool.dispatch(
    { method: 'GET', path: request.url ?? '/', headers: endToEnd(request.headers) },
    {
      onRequestStart() {
        // nothing to prepare
      },
      onResponseStart(_controller, status, headers) {
        response.writeHead(status, endToEnd(headers))
      },
      onResponseData(_controller, chunk) {
        response.write(chunk)
      },
      onResponseEnd() {
        response.end()
      },
      onResponseError(_controller, error) {
        response.destroy(error)
      },
    },
  )
})

function endToEnd<T>(headers: Record<string, T>): Record<string, T> {
  const kept: Record<string, T> = {}
  for (const name in headers) if (!HOP_BY_HOP.has(name)) kept[name] = headers[name] as T
  return kept
}

await serveParent(server, () => pool.close())
