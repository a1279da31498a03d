import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestBulk } from '../../test/support/bulk.ts'
import { elementOf } from '../../test/support/engine.ts'
import { openTestStore } from '../../test/support/store.ts'
import type { Caller } from '../model/account.ts'
import type { Store } from '../store/database.ts'
import { createOriginMap } from '../upstream/origin-map.ts'
import { createUpstream } from '../upstream/send.ts'
import { withDeadline } from './run-job.ts'

let store: Store
let close: () => Promise<void>
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

test('a vendor that sends a byte now and then holds no turn beyond its deadline', async () => {
  const vendor = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const dripping = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(dripping))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => vendor.once('listening', resolve))
  const upstream = createUpstream({ allow: ['127.0.0.1'], originMap: createOriginMap() })
  const room = openTestBulk(store, async (_caller, _instance, { method, path, signal }) => {
    const url = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}${path}`
    const reply = await upstream.send({ method, url, headers: {}, timeoutMs: 1_000, ...(signal ? { signal } : {}) })
    return { status: reply.status, headers: {}, body: await reply.text(1_000_000) }
  })
  const instance = room.addInstance(elementOf())
  const { call } = withDeadline(room.context, AbortSignal.timeout(200))
  try {
    await expect(
      call({} as Caller, instance, { method: 'GET', path: '/contacts', query: {}, headers: {}, body: undefined }),
    ).rejects.toMatchObject({ code: 'VENDOR_TIMEOUT' })
  } finally {
    await upstream.close()
    vendor.closeAllConnections()
    await new Promise((resolve) => vendor.close(resolve))
  }
})
