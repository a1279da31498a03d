import { parentPort } from 'node:worker_threads'
import { gzipSync } from 'node:zlib'
import reference from '@scalar/fastify-api-reference'
import { fastify } from 'fastify'

/** Asks the plugin for the file that it would serve; it exports it in no other way. */
const app = fastify()
await app.register(reference, { routePrefix: '/reference', configuration: { url: 'unused' } })
const { statusCode, body } = await app.inject('/reference/js/scalar.js')
if (statusCode !== 200) throw new Error(`@scalar/fastify-api-reference answered ${statusCode} for its script`)
parentPort?.postMessage(gzipSync(body))
await app.close()
