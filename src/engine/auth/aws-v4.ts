import aws4 from 'aws4'
import type { VendorDraft } from '../vendor-draft.ts'
import type { Authenticator } from './authenticator.ts'
import { awsKeys } from './aws-keys.ts'

/** What a custom domain in front of AWS belongs to. */
const DEFAULT_SERVICE = 'execute-api'

/**
 * AWS signature version 4 in the header (docs.aws.amazon.com, "Create a signed AWS API request"). Service and region are
 * read from an amazonaws.com host; the configuration keys `aws.service` and `aws.region` win. A streamed body is not part
 * of the signature (`UNSIGNED-PAYLOAD`), which S3 accepts over TLS.
 */
export const awsV4: Authenticator = {
  sign(vendor, configuration, method, at) {
    const keys = awsKeys(configuration)
    if (!keys || vendor.headers['authorization'] !== undefined || vendor.fromHooks?.removedHeaders.has('authorization'))
      return
    const url = new URL(vendor.url)
    const service = configuration['aws.service'] || (isAwsHost(url.hostname) ? undefined : DEFAULT_SERVICE)
    const region = configuration['aws.region'] || undefined
    const signed = aws4.sign(
      {
        host: url.host,
        method,
        path: url.pathname + url.search,
        ...(service === undefined ? {} : { service }),
        ...(region === undefined ? {} : { region }),
        ...(typeof vendor.body === 'string' ? { body: vendor.body } : {}),
        headers: { ...signedHeaders(vendor, url), 'X-Amz-Date': compactTime(at.now) },
        extraHeadersToIgnore: { 'content-length': true },
      } as aws4.Request,
      keys,
    )
    vendor.url = url.origin + signed.path
    for (const [name, value] of Object.entries(signed.headers ?? {})) {
      if (/^(?:authorization|x-amz-.*)$/i.test(name)) vendor.headers[name.toLowerCase()] = String(value)
    }
  },
}

/** Only what proxies on the way leave alone. */
function signedHeaders(vendor: VendorDraft, { host }: URL): Record<string, string> {
  const headers: Record<string, string> = { host }
  for (const [name, value] of Object.entries(vendor.headers)) {
    if (name === 'content-type' || (name.startsWith('x-amz-') && name !== 'x-amz-date')) headers[name] = value
  }
  if (vendor.openBody) headers['x-amz-content-sha256'] ??= 'UNSIGNED-PAYLOAD'
  return headers
}

function isAwsHost(hostname: string): boolean {
  return /\.amazonaws\.com(?:\.cn)?$/.test(hostname)
}

/** `20150830T123600Z` */
function compactTime(time: Date): string {
  return time.toISOString().replace(/[:-]|\.\d{3}/g, '')
}
