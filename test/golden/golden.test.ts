import { readdir, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../support/hub.ts'
import { type RecordingVendor, startRecordingVendor, type VendorReply, type VendorRequest } from './recording-vendor.ts'

/**
 * Compatibility, pinned: what a caller sends, what the vendor then receives, what it answers, what the caller gets, in
 * true wire names; one file per case in `cases/`. A change of any of them is a visible line in a diff.
 *
 * Texts in angle brackets stand for what differs from run to run; nothing else does.
 */
interface GoldenCase {
  fact: string
  source: string
  caller: {
    method: string
    path: string
    /** null is sent as the JSON text `null` */
    body?: unknown
    withoutInstance?: boolean
  }
  vendor: { request: VendorRequest; reply: VendorReply }[]
  reply: {
    status: number
    headers: Record<string, string>
    /** exactly; an empty text for no body */
    body?: unknown
    /** at least */
    bodyHas?: Record<string, unknown>
  }
}

const FOLDER = new URL('cases/', import.meta.url)
const files = (await readdir(FOLDER)).sort()
const cases = await Promise.all(
  files.map(async (file) => [file, JSON.parse(await readFile(new URL(file, FOLDER), 'utf8')) as GoldenCase] as const),
)

let vendor: RecordingVendor
let hub: TestHub
beforeAll(async () => {
  vendor = await startRecordingVendor()
  hub = await startTestHub({ VALENCE_SIMULATE: 'off', VALENCE_ORIGIN_MAP: `https://api.getbase.com=${vendor.origin}` })
})
afterAll(async () => {
  await hub.close()
  await vendor.close()
})

describe('Base CRM', () => {
  for (const [file, golden] of cases) {
    test(`${file}: ${golden.fact}`, async () => {
      const instance = golden.caller.withoutInstance ? undefined : await makeInstance()
      vendor.expect(golden.vendor.map(({ reply }) => reply))

      const path = golden.caller.path.replace('{instanceId}', String(instance?.id))
      const answer = await hub.call(golden.caller.method, path, {
        ...(instance ? { token: instance.token } : {}),
        ...('body' in golden.caller ? { body: golden.caller.body } : {}),
      })

      expect(vendor.received()).toEqual(golden.vendor.map(({ request }) => request))
      expect(answer.status).toBe(golden.reply.status)
      expect(answer.body?.requestId ?? answer.headers.get('elements-request-id')).toBe(
        answer.headers.get('elements-request-id'),
      )
      expect(ourHeaders(answer.headers)).toEqual(matching(golden.reply.headers, instance?.id))
      if (golden.reply.bodyHas) expect(answer.body).toMatchObject(golden.reply.bodyHas)
      else expect(answer.body ?? answer.text).toEqual(matching(golden.reply.body, instance?.id))
    })
  }
})

/** An instance with tokens that the vendor gave to the application itself: made without a vendor call. */
async function makeInstance(): Promise<{ id: number; token: string }> {
  vendor.expect([])
  const answer = await hub.call('POST', '/instances', {
    body: {
      name: 'Golden',
      element: { key: 'base' },
      providerData: { access_token: 'vendor-access-1', refresh_token: 'vendor-refresh-1', expires_in: 3600 },
      configuration: {
        'oauth.api.key': 'client-1',
        'oauth.api.secret': 'secret-1',
        'oauth.callback.url': 'https://app.example.com/cb',
      },
    },
  })
  expect(answer.status, answer.text).toBe(200)
  expect(vendor.received()).toEqual([])
  return answer.body
}

const TRANSPORT = new Set(['connection', 'keep-alive', 'date', 'content-length', 'transfer-encoding'])

function ourHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => !TRANSPORT.has(name)))
}

/** A golden value with its placeholders as matchers. */
function matching(value: unknown, instanceId: number | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => matching(item, instanceId))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, matching(member, instanceId)]))
  if (value === '<request id>') return expect.stringMatching(/^[0-9a-f]{24}$/)
  if (value === '<instance id>') return String(instanceId)
  if (value === '<token>') return expect.stringMatching(/^[A-Za-z0-9._~-]{4,}$/)
  if (value === '<text>') return expect.stringMatching(/./)
  const text = typeof value === 'string' ? /^<text with (.+)>$/.exec(value)?.[1] : undefined
  return text === undefined ? value : expect.stringContaining(text)
}
