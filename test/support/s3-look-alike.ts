import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { S3Settings } from '../../src/bulk/files/s3.ts'

/** What becomes of the next request. */
export type Fault =
  | 'none'
  | 'InternalError'
  | 'SlowDown'
  | 'AccessDenied'
  | 'NoSuchBucket'
  | 'reset'
  | 'silence'
  | 'stays'
  | 'half of the body'
  | 'html'

export interface S3LookAlike {
  settings: S3Settings
  /** by key; what a test puts here, is there */
  objects: Map<string, Buffer>
  /** `PUT /bucket/key`, in the order in which they came */
  requests: string[]
  /** the next requests, one each */
  fail(...faults: Fault[]): void
  close(): Promise<void>
}

const STATUS: Record<string, number> = { InternalError: 500, SlowDown: 503, AccessDenied: 403, NoSuchBucket: 404 }

/**
 * A server that speaks S3 as far as a file store needs it: objects by path style, lists in pages, many deletions at once; every request must be
 * signed (version 4), and its body be what was signed.
 *
 * @param pageSize keys of a page of the list
 */
export async function startS3LookAlike({ pageSize = 3 } = {}): Promise<S3LookAlike> {
  const objects = new Map<string, Buffer>()
  const requests: string[] = []
  const faults: Fault[] = []
  const credentials = { region: 'eu-test-1', accessKey: 'AKIATEST', secretKey: 'the/secret+key' }
  const bucket = 'files'

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await bodyOf(request)
    const url = new URL(request.url ?? '', 'http://look.alike')
    requests.push(`${request.method} ${url.pathname}${url.search}`)
    const fault = faults.shift()
    if (fault === 'reset') return void request.socket.resetAndDestroy()
    if (fault === 'silence') return
    if (fault === 'html') return send(response, 404, '<html>nothing here</html>', 'text/html')
    if (fault && STATUS[fault] !== undefined) return refuse(response, fault)
    const problem = signatureProblem(request, url, body, credentials)
    if (problem) return refuse(response, 'SignatureDoesNotMatch', 403, problem)
    const [, at, ...rest] = url.pathname.split('/')
    if (at !== bucket) return refuse(response, 'NoSuchBucket')
    const key = rest.map(decodeURIComponent).join('/')
    const { method } = request

    if (method === 'PUT') {
      objects.set(key, body)
      return send(response, 200, '')
    }
    if (method === 'GET' && key !== '') {
      const object = objects.get(key)
      if (!object) return refuse(response, 'NoSuchKey', 404)
      if (fault !== 'half of the body') return send(response, 200, object)
      response.writeHead(200, { 'content-length': object.length })
      response.write(object.subarray(0, object.length / 2), () => request.socket.destroy())
      return
    }
    if (method === 'DELETE') {
      objects.delete(key)
      return send(response, 204, '')
    }
    if (method === 'GET' && url.searchParams.get('list-type') === '2') return send(response, 200, listOf(url))
    if (method === 'POST' && url.searchParams.has('delete')) {
      // older stores know no other sum of a body
      if (request.headers['content-md5'] !== createHash('md5').update(body).digest('base64'))
        return refuse(response, 'InvalidDigest', 400)
      if (fault === 'stays')
        return send(response, 200, '<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code></Error></DeleteResult>')
      for (const [, one = ''] of String(body).matchAll(/<Key>(.*?)<\/Key>/g)) objects.delete(one)
      return send(response, 200, '<DeleteResult/>')
    }
    return refuse(response, 'NotImplemented', 501)
  }

  const listOf = (url: URL): string => {
    const prefix = url.searchParams.get('prefix') ?? ''
    const after = url.searchParams.get('continuation-token') ?? ''
    const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).toSorted()
    const page = keys.slice(0, pageSize)
    const contents = page.map((key) => `<Contents><Key>${key}</Key></Contents>`).join('')
    const isCut = keys.length > page.length
    const next = isCut ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : ''
    return `<ListBucketResult><IsTruncated>${isCut}</IsTruncated>${next}${contents}</ListBucketResult>`
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => refuse(response, 'InternalError', 500, String(error)))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    settings: { endpoint: `http://127.0.0.1:${port}`, ...credentials, bucket, prefix: '' },
    objects,
    requests,
    fail: (...next) => void faults.push(...next),
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function send(response: ServerResponse, status: number, body: string | Buffer, type = 'application/xml'): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body)
}

function refuse(response: ServerResponse, code: string, status = STATUS[code] ?? 500, message = code): void {
  const more = '<AWSAccessKeyId>AKIATEST</AWSAccessKeyId><StringToSign>AWS4-HMAC-SHA256 of everything</StringToSign>'
  send(response, status, `<Error><Code>${code}</Code><Message>${message}</Message>${more}</Error>`)
}

const FORM =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([\w;-]+), ?Signature=([0-9a-f]{64})$/

/** Signature version 4, computed anew from what arrived. Source: AWS, "Authenticating requests: using the authorization header". */
function signatureProblem(
  { method, headers }: IncomingMessage,
  url: URL,
  body: Buffer,
  { region, accessKey, secretKey }: { region: string; accessKey: string; secretKey: string },
): string | undefined {
  const [, id, day = '', scopeRegion, names = '', given = ''] = FORM.exec(headers.authorization ?? '') ?? []
  if (id !== accessKey || scopeRegion !== region) return 'not signed, or with another key or region'
  const sum = createHash('sha256').update(body).digest('hex')
  if (headers['x-amz-content-sha256'] !== sum) return 'the body is not what was signed'
  const signed = names.split(';')
  if (!['host', 'x-amz-content-sha256', 'x-amz-date'].every((name) => signed.includes(name))) return 'signs too little'
  const query = [...url.searchParams]
    .map(([name, value]) => `${encodeStrictly(name)}=${encodeStrictly(value)}`)
    .toSorted()
    .join('&')
  const lines = signed.map((name) => `${name}:${String(headers[name]).trim()}\n`).join('')
  const canonical = [method, url.pathname, query, lines, names, sum].join('\n')
  const scope = `${day}/${region}/s3/aws4_request`
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, createHash('sha256').update(canonical).digest('hex')]
  const mac = (key: string | Buffer, part: string) => createHmac('sha256', key).update(part).digest()
  const key = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(mac, `AWS4${secretKey}`)
  const expected = createHmac('sha256', key).update(text.join('\n')).digest()
  return timingSafeEqual(expected, Buffer.from(given, 'hex')) ? undefined : 'the signature does not match'
}

function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
}
