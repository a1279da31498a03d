import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createCertificates, hasOpenssl } from '../../../test/support/certificates.ts'
import { fileStoreContract } from '../../../test/support/file-store-contract.ts'
import { type Fault, type S3LookAlike, startS3LookAlike } from '../../../test/support/s3-look-alike.ts'
import type { FileStore } from './file-store.ts'
import { openS3 } from './s3.ts'

const AT_ONCE = { timeoutMs: 5_000, pausesMs: [0, 0] }

fileStoreContract(async () => {
  const s3 = await startS3LookAlike()
  const files = await openS3(s3.settings, AT_ONCE)
  return { files, close: () => files.close().then(s3.close) }
})

let s3: S3LookAlike
let files: FileStore
beforeAll(async () => {
  s3 = await startS3LookAlike()
  files = await openS3({ ...s3.settings, prefix: 'valence/bulk' }, AT_ONCE)
})
afterAll(() => files.close().then(s3.close))
beforeEach(() => {
  s3.objects.clear()
  s3.requests.length = 0
})

test('keys stand below the prefix; what else is in the bucket stays', async () => {
  for (const key of ['1/a', 'valence/bulk/10/a', 'valence/bulk/1']) s3.objects.set(key, Buffer.from('mine'))
  await files.put('1/a', Buffer.from('a'))
  expect(s3.requests).toEqual([expect.stringMatching(/^PUT \/files\/valence\/bulk\/1\/a\b/)])
  await files.removeBelow('1')
  expect([...s3.objects.keys()]).toEqual(['1/a', 'valence/bulk/10/a', 'valence/bulk/1'])
})

test('many files are removed by pages of the list', async () => {
  for (let at = 0; at < 8; at++) s3.objects.set(`valence/bulk/1/${at}`, Buffer.from('a'))
  await files.removeBelow('1')
  expect(s3.objects.size).toBe(0)
  expect(s3.requests.map((request) => request.split(' ')[0])).toEqual(['GET', 'POST', 'GET', 'POST', 'GET', 'POST'])
})

describe('a request that fails for a moment is repeated', () => {
  const bytes = randomBytes(100_000)
  test.each<[Fault]>([['InternalError'], ['SlowDown'], ['reset']])('%s', async (fault) => {
    s3.fail(fault)
    await files.put('1/a', bytes)
    s3.fail(fault)
    expect(await files.get('1/a')).toEqual(bytes)
    s3.fail(fault, fault)
    await files.removeBelow('1')
    expect(s3.objects.size).toBe(0)
  })

  test('a body that breaks off', async () => {
    await files.put('1/a', bytes)
    s3.fail('half of the body')
    expect(await files.get('1/a')).toEqual(bytes)
  })
})

describe('what goes on failing', () => {
  const asIs = { code: 'UNAVAILABLE' }
  const unanswered = 'the file store does not answer as it should'
  const refused = 'the file store refuses what the hub asks of it'

  test.each<[Fault, string]>([
    ['InternalError', `${unanswered} (500 InternalError); try again later`],
    ['SlowDown', `${unanswered} (503 SlowDown); try again later`],
    ['reset', `${unanswered} (ECONNRESET); try again later`],
  ])('%s ends after three tries', async (fault, message) => {
    s3.fail(fault, fault, fault)
    await expect(files.get('1/a')).rejects.toMatchObject({ ...asIs, message })
    expect(s3.requests).toHaveLength(3)
  })

  test.each<[Fault, string]>([
    ['AccessDenied', `${refused} (403 AccessDenied); try again later`],
    ['NoSuchBucket', `${refused} (404 NoSuchBucket); try again later`],
    ['html', refused],
  ])('%s is no missing file, and not repeated', async (fault, message) => {
    s3.fail(fault)
    await expect(files.get('1/a')).rejects.toMatchObject({ ...asIs, message: expect.stringContaining(message) })
    expect(s3.requests).toHaveLength(1)
  })

  test('a file that may not be removed', async () => {
    await files.put('1/a', Buffer.from('a'))
    s3.fail('none', 'stays')
    await expect(files.removeBelow('1')).rejects.toMatchObject({
      ...asIs,
      message: expect.stringContaining('AccessDenied'),
    })
  })

  test('nobody at the address', async () => {
    const gone = await startS3LookAlike()
    await gone.close()
    const away = await openS3(gone.settings, AT_ONCE)
    await expect(away.put('1/a', Buffer.from('a'))).rejects.toMatchObject({
      ...asIs,
      message: `${unanswered} (ECONNREFUSED); try again later`,
    })
    await away.close()
  })

  test.skipIf(!hasOpenssl)('somebody without a certificate that can be trusted, whatever Node is told', async () => {
    const certificates = createCertificates()
    const server = createServer(certificates.server, (_request, response) => response.end()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    const endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    const stranger = await openS3({ ...s3.settings, endpoint }, AT_ONCE)
    await expect(stranger.put('1/a', Buffer.from('a'))).rejects.toMatchObject({
      ...asIs,
      message: expect.stringMatching(/\((UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN)\)/),
    })
    vi.unstubAllEnvs()
    await stranger.close()
    server.close()
    certificates.remove()
  })

  test('somebody who never answers', async () => {
    s3.fail('silence', 'silence')
    const hasty = await openS3(s3.settings, { timeoutMs: 50, pausesMs: [0] })
    await expect(hasty.get('1/a')).rejects.toMatchObject(asIs)
    await hasty.close()
  })

  test('a wrong secret: it is in no error, nor is what was signed', async () => {
    const wrong = await openS3({ ...s3.settings, secretKey: 'the-wrong-one' }, AT_ONCE)
    const error = await wrong.put('1/a', Buffer.from('a')).catch((one) => one)
    expect(error).toMatchObject({ ...asIs, message: `${refused} (403 SignatureDoesNotMatch); try again later` })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/the-wrong-one|AKIATEST|AWS4-HMAC/)
    await wrong.close()
  })
})
