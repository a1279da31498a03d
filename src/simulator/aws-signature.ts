import type { Call } from './call.ts'

/** Signature version 4: well-formed, for a key id and a scope; the signature itself cannot be computed without the secret. */
export function awsV4Problem(call: Call): string | undefined {
  const given = call.headers.authorization ?? ''
  const inHeader =
    /^AWS4-HMAC-SHA256 Credential=[\w+=,.@-]+\/\d{8}\/[\w-]+\/[\w-]+\/aws4_request, ?SignedHeaders=[\w;-]+, ?Signature=[0-9a-f]{64}$/
  if (inHeader.test(given)) {
    const signed = /SignedHeaders=([\w;-]+)/.exec(given)?.[1]?.split(';') ?? []
    if (!call.headers['x-amz-date'] && !call.headers.date) return 'x-amz-date is missing'
    return signed.every((name) => call.headers[name] !== undefined) ? undefined : 'a signed header is missing'
  }
  const isInQuery = /^[0-9a-f]{64}$/.test(call.query.get('X-Amz-Signature') ?? '') && call.query.has('X-Amz-Credential')
  return isInQuery ? undefined : 'the AWS signature is missing or malformed'
}

export function awsV2Problem(call: Call): string | undefined {
  const inHeader = /^AWS [\w+=,.@-]+:[A-Za-z0-9+/]{27}=$/.test(call.headers.authorization ?? '')
  const inQuery =
    call.query.has('AWSAccessKeyId') && /^[A-Za-z0-9+/]{20,}={0,2}$/.test(call.query.get('Signature') ?? '')
  return inHeader || inQuery ? undefined : 'the AWS signature is missing or malformed'
}
