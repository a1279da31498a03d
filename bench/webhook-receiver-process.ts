import { createServer } from 'node:http'
import { serveParent } from './parent.ts'

/** A customer's receiver that takes everything at once. */
await serveParent(
  createServer((request, response) => {
    request.resume()
    response.end()
  }),
)
