import type { AddressInfo } from 'node:net'
import { fastify } from 'fastify'
import { createReceiveUpload } from '../../src/http/receive-upload.ts'
import { acceptBodies } from '../../src/http/request-bodies.ts'

/**
 * A server of its own that takes uploads, so that its memory can be measured: it reads every part twice, as a request that
 * is repeated would, and answers with the bytes read and the most memory it ever had.
 * Arguments: the folder for uploads. Prints its port.
 */
const app = fastify()
acceptBodies(app)
const receive = createReceiveUpload({ folder: process.argv[2] ?? '' })
app.post('/', { config: { isVendorBody: true } }, async (request, reply) => {
  let bytesRead = 0
  for (const part of await receive(request, reply))
    for (const stream of [part.open(), part.open()]) for await (const chunk of stream) bytesRead += chunk.length
  return { bytesRead, peakBytes: process.resourceUsage().maxRSS * 1024 }
})
await app.listen({ host: '127.0.0.1', port: 0 })
console.log((app.server.address() as AddressInfo).port)
