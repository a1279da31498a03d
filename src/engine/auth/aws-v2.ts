import { createHmac } from 'node:crypto'
import type { VendorDraft } from '../vendor-draft.ts'
import type { Authenticator } from './authenticator.ts'
import { awsKeys } from './aws-keys.ts'
import { formOf } from './form-of.ts'

type Pair = [name: string, value: string]
interface Keys {
  accessKeyId: string
  secretAccessKey: string
}

/**
 * AWS signature version 2: in the query, or in the form of a POST, with HMAC-SHA256 (AWS General Reference, "Signature
 * version 2"); in the header where the host or `aws.service` is S3, which has a scheme of its own ("Signing and
 * authenticating REST requests", signature version 2). What a parameter has already set, such as `Timestamp`, is kept.
 */
export const awsV2: Authenticator = {
  sign(vendor, configuration, method, { now }) {
    const keys = awsKeys(configuration)
    if (!keys) return
    const url = new URL(vendor.url)
    const bucket = bucketOf(url.hostname, configuration['aws.service'])
    if (bucket === undefined) signParameters(vendor, url, method, keys, now)
    else signHeader(vendor, url, bucket, method, keys, now)
  },
}

function signParameters(vendor: VendorDraft, url: URL, method: string, keys: Keys, now: Date): void {
  const form = method === 'POST' ? formOf(vendor) : undefined
  const query: Pair[] = [...url.searchParams]
  const given = [...query, ...(form ?? [])]
  const added = missingOf(given, keys, now)
  const text = [method, url.host, url.pathname, encodePairs(sorted([...given, ...added]))].join('\n')
  added.push(['Signature', createHmac('sha256', keys.secretAccessKey).update(text).digest('base64')])
  if (form) {
    vendor.body = encodePairs([...form, ...added])
  } else {
    vendor.url = `${url.origin}${url.pathname}?${encodePairs([...query, ...added])}`
  }
}

/** The parameters of the scheme that are not given yet. */
function missingOf(given: readonly Pair[], { accessKeyId }: Keys, now: Date): Pair[] {
  const scheme: Pair[] = [
    ['AWSAccessKeyId', accessKeyId],
    ['SignatureMethod', 'HmacSHA256'],
    ['SignatureVersion', '2'],
  ]
  if (!given.some(([name]) => name === 'Expires')) scheme.push(['Timestamp', now.toISOString().replace(/\.\d{3}/, '')])
  return scheme.filter(([name]) => !given.some(([present]) => present === name))
}

/** By bytes, which for UTF-8 is by code points. */
function sorted(pairs: readonly Pair[]): Pair[] {
  return pairs.toSorted(([a, x], [b, y]) => Buffer.compare(Buffer.from(a), Buffer.from(b)) || (x < y ? -1 : 1))
}

function encodePairs(pairs: readonly Pair[]): string {
  return pairs.map(([name, value]) => `${percent(name)}=${percent(value)}`).join('&')
}

/** RFC 3986: everything but letters, digits and `-_.~`. */
function percent(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!*'()]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** @returns undefined when this is not S3; '' for addresses that name the bucket in their path */
function bucketOf(hostname: string, service: string | null | undefined): string | undefined {
  const [whole, bucket = ''] = /^(?:(.+)\.)?s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?$/.exec(hostname) ?? []
  return whole !== undefined || service === 's3' ? bucket : undefined
}

/** Query parameters that name a part of a resource, or change the answer's headers; all others are not signed. */
const SUBRESOURCES = new Set(
  'acl cors delete lifecycle location logging notification partNumber policy requestPayment restore tagging torrent uploadId uploads versionId versioning versions website response-content-type response-content-language response-expires response-cache-control response-content-disposition response-content-encoding'.split(
    ' ',
  ),
)

function signHeader(vendor: VendorDraft, url: URL, bucket: string, method: string, keys: Keys, now: Date): void {
  const { headers } = vendor
  if (headers['authorization'] !== undefined || vendor.fromHooks?.removedHeaders.has('authorization')) return
  if (headers['x-amz-date'] === undefined) headers['date'] ??= now.toUTCString()
  const amazon = Object.keys(headers)
    .filter((name) => name.startsWith('x-amz-'))
    .toSorted()
    .map((name) => `${name}:${headers[name]?.trim().replace(/\s+/g, ' ')}\n`)
  const text = [
    method,
    headers['content-md5'] ?? '',
    headers['content-type'] ?? '',
    headers['x-amz-date'] === undefined ? headers['date'] : '',
    amazon.join('') + signedResource(url, bucket),
  ].join('\n')
  const signature = createHmac('sha1', keys.secretAccessKey).update(text).digest('base64')
  headers['authorization'] = `AWS ${keys.accessKeyId}:${signature}`
}

function signedResource(url: URL, bucket: string): string {
  const parts = [...url.searchParams]
    .filter(([name]) => SUBRESOURCES.has(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
  return (bucket === '' ? '' : `/${bucket}`) + url.pathname + (parts.length === 0 ? '' : `?${parts.join('&')}`)
}
