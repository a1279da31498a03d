/** A process that works at executions, for `run-kills.ts`: its parameters are the database, the key ring and the address of the vendor. It is killed. */
import { Readable } from 'node:stream'
import type { VendorReply, VendorRequest } from '../../src/model/exchange.ts'
import { openRoom } from './room.ts'

const [url = '', keys = '', vendor = ''] = process.argv.slice(2)

async function send({ method, url: address, body, signal }: VendorRequest): Promise<VendorReply> {
  const path = new URL(address).pathname
  const answer = await fetch(`${vendor}${path}`, {
    ...{ method, signal: signal ?? null },
    ...(body ? { body: body.toString() } : {}),
  })
  const bytes = Buffer.from(await answer.arrayBuffer())
  return {
    ...{ status: answer.status, url: address, headers: { 'content-type': 'application/json' } },
    body: Readable.from([bytes]),
    bytes: async () => bytes,
    text: async () => bytes.toString(),
  }
}

await openRoom(url, keys, { send })
process.send?.('ready')
