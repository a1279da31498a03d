import { createServer } from 'node:http'
import { vendorPage } from './contacts-page.ts'
import { serveParent } from './parent.ts'

/**
 * The upstream of the bench: one page of contacts and just enough of an OAuth server for the hub to provision an
 * instance. It does as little as it can, so that what is measured is in front of it.
 */
const PAGE = vendorPage()
const TOKENS = Buffer.from(
  JSON.stringify({
    access_token: 'bench-access',
    refresh_token: 'bench-refresh',
    token_type: 'bearer',
    expires_in: 86_400,
  }),
)

const server = createServer((request, response) => {
  const path = request.url?.split('?', 1)[0]
  const body = path === '/v2/contacts' ? PAGE : path === '/oauth2/token' ? TOKENS : undefined
  request.resume()
  response
    .writeHead(body ? 200 : 404, { 'content-type': 'application/json', 'content-length': body?.length ?? 0 })
    .end(body)
})

await serveParent(server)
