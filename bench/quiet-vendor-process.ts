/** A vendor at which nothing changed: every list is empty. Counts how often it is asked, at `/asked`. */
import { createServer } from 'node:http'
import { serveParent } from './parent.ts'

let asked = 0
const server = createServer((request, response) => {
  const isCount = request.url === '/asked'
  if (!isCount) asked++
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(isCount ? String(asked) : '[]')
})
await serveParent(server)
