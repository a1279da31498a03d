import { createHash } from 'node:crypto'
import { addAbortSignal, type Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import type { S3Client } from '@aws-sdk/client-s3'
import type { S3Access } from '../../config.ts'
import { checkFileKey } from './file-key.ts'
import type { FileStore } from './file-store.ts'
import { isPassing, s3Error } from './s3-error.ts'

export interface S3Settings extends S3Access {
  bucket: string
  /** before every key, without a slash at the end; the bucket may hold other things */
  prefix: string
}

interface Patience {
  /** of one try, its body included */
  timeoutMs: number
  /** between two tries; as many tries as there are pauses, and one */
  pausesMs: readonly number[]
}
const PATIENCE: Patience = { timeoutMs: 60_000, pausesMs: [250, 1_000, 3_000] }

/** A bucket of S3, or of something that speaks like it. The client is loaded when the first one is opened. */
export async function openS3(settings: S3Settings, patience = PATIENCE): Promise<FileStore> {
  const sdk = await import('@aws-sdk/client-s3')
  const client = openClient(sdk, settings, patience)
  const { bucket: Bucket, prefix } = settings
  const keyOf = (key: string) => {
    checkFileKey(key)
    return prefix === '' ? key : `${prefix}/${key}`
  }

  return {
    async put(key, Body) {
      const Key = keyOf(key)
      const command = new sdk.PutObjectCommand({ Bucket, Key, Body, ContentType: 'application/octet-stream' })
      await patiently(patience, (abortSignal) => client.send(command, { abortSignal }))
    },

    async get(key) {
      const Key = keyOf(key)
      return patiently(patience, async (abortSignal) => {
        try {
          const { Body, ContentLength } = await client.send(new sdk.GetObjectCommand({ Bucket, Key }), { abortSignal })
          return await wholeOf(addAbortSignal(abortSignal, Body as Readable), ContentLength)
        } catch (error) {
          if (error instanceof sdk.NoSuchKey) return undefined
          throw error
        }
      })
    },

    async removeBelow(prefix) {
      const Prefix = `${keyOf(prefix)}/`
      for (let ContinuationToken: string | undefined; ; ) {
        const list = new sdk.ListObjectsV2Command({ Bucket, Prefix, ContinuationToken })
        const page = await patiently(patience, (abortSignal) => client.send(list, { abortSignal }))
        const Objects = (page.Contents ?? []).map(({ Key }) => ({ Key }))
        if (Objects.length > 0)
          await removeAll(new sdk.DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }))
        ContinuationToken = page.NextContinuationToken
        if (ContinuationToken === undefined) return
      }
    },

    async close() {
      client.destroy()
    },
  }

  async function removeAll(command: InstanceType<typeof sdk.DeleteObjectsCommand>): Promise<void> {
    const { Errors = [] } = await patiently(patience, (abortSignal) => client.send(command, { abortSignal }))
    const [first] = Errors
    if (first) throw s3Error(Object.assign(new Error(first.Message), { name: first.Code }))
  }
}

function openClient(
  { S3Client }: Pick<typeof import('@aws-sdk/client-s3'), 'S3Client'>,
  { endpoint, region, accessKey, secretKey }: S3Settings,
  { timeoutMs }: Patience,
): S3Client {
  const client = new S3Client({
    region,
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(accessKey === undefined || secretKey === undefined
      ? {}
      : { credentials: { accessKeyId: accessKey, secretAccessKey: secretKey } }),
    // sums that only Amazon knows; parts carry their own
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // we try again ourselves: the SDK does not where a body breaks off
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 5_000,
      socketTimeout: timeoutMs,
      // whatever NODE_TLS_REJECT_UNAUTHORIZED says
      httpsAgent: { keepAlive: true, maxSockets: 50, rejectUnauthorized: true },
    },
  })
  addContentMd5(client)
  return client
}

/** Deletions of many need a sum of the body; look-alikes and older buckets' policies know this one. */
function addContentMd5(client: S3Client): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        const { headers, body } = args.request as { headers: Record<string, string>; body?: string | Uint8Array }
        if (commandName === 'DeleteObjectsCommand' && body !== undefined)
          headers['content-md5'] = createHash('md5').update(body).digest('base64')
        return next(args)
      },
    { step: 'build', name: 'addContentMd5', priority: 'low' },
  )
}

/** @throws Error when the connection ended before the body did */
async function wholeOf(body: Readable, length: number | undefined): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  if (length === undefined || bytes.length === length) return bytes
  throw new Error(`${bytes.length} of ${length} bytes came`)
}

/** Every request may be repeated: the same bytes go under the same key. @throws ValenceError UNAVAILABLE */
async function patiently<Result>(
  { timeoutMs, pausesMs }: Patience,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  for (const pauseMs of pausesMs) {
    try {
      return await work(AbortSignal.timeout(timeoutMs))
    } catch (error) {
      if (!isPassing(error)) throw s3Error(error)
    }
    // several processes do not come back at once
    await wait(pauseMs * (0.5 + Math.random()))
  }
  return work(AbortSignal.timeout(timeoutMs)).catch((error) => {
    throw s3Error(error)
  })
}
