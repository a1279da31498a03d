import { describe, expect, test } from 'vitest'
import { newVendorDraft, type VendorDraft } from '../vendor-draft.ts'
import { awsV4 } from './aws-v4.ts'

const SUITE_KEYS = { 'aws.api.key': 'AKIDEXAMPLE', 'aws.api.secret': 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const S3_KEYS = { 'aws.api.key': 'AKIAIOSFODNN7EXAMPLE', 'aws.api.secret': 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }

function signed(
  request: string,
  configuration: Record<string, string>,
  time: string,
  parts: Partial<VendorDraft> = {},
) {
  const [method = '', url = ''] = request.split(' ')
  const vendor: VendorDraft = { ...newVendorDraft(method), url, ...parts, headers: { accept: 'a/b', ...parts.headers } }
  awsV4.sign?.(vendor, configuration, method, { now: new Date(time), nonce: 'n' })
  const [, credential, headers, signature] =
    /^AWS4-HMAC-SHA256 Credential=(.*), SignedHeaders=(.*), Signature=(.*)$/.exec(
      vendor.headers['authorization'] ?? '',
    ) ?? []
  return { vendor, credential, headers, signature }
}

// AWS signature version 4 test suite
describe('the published test suite', () => {
  const configuration = { ...SUITE_KEYS, 'aws.service': 'service', 'aws.region': 'us-east-1' }
  const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'Param1=value1' }
  for (const [name, request, parts, headers, signature] of [
    [
      'get-vanilla',
      'GET https://example.amazonaws.com/',
      {},
      'host;x-amz-date',
      '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    ],
    [
      'post-vanilla',
      'POST https://example.amazonaws.com/',
      {},
      'host;x-amz-date',
      '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    ],
    [
      'get-vanilla-query-order-key-case',
      'GET https://example.amazonaws.com/?Param2=value2&Param1=value1',
      {},
      'host;x-amz-date',
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      'post-x-www-form-urlencoded',
      'POST https://example.amazonaws.com/',
      form,
      'content-type;host;x-amz-date',
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
  ] as const)
    test(name, () => {
      const found = signed(request, configuration, '2015-08-30T12:36:00Z', parts)
      expect(found.credential).toBe('AKIDEXAMPLE/20150830/us-east-1/service/aws4_request')
      expect([found.headers, found.signature]).toEqual([headers, signature])
      expect(found.vendor.headers['x-amz-date']).toBe('20150830T123600Z')
      expect(found.vendor.url).toBe(request.split(' ')[1])
    })
})

// AWS General Reference: the ListUsers example; Amazon S3 API reference: "Examples: signature calculations"
describe('published examples, service and region from the host', () => {
  const iam = { headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' } }
  for (const [name, request, keys, time, parts, scope, signature] of [
    [
      'IAM ListUsers',
      'GET https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08',
      SUITE_KEYS,
      '2015-08-30T12:36:00Z',
      iam,
      'us-east-1/iam',
      '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
    ],
    [
      'S3 bucket lifecycle',
      'GET https://examplebucket.s3.amazonaws.com/?lifecycle=',
      S3_KEYS,
      '2013-05-24T00:00:00Z',
      {},
      'us-east-1/s3',
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    ],
    [
      'S3 list of objects',
      'GET https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J',
      S3_KEYS,
      '2013-05-24T00:00:00Z',
      {},
      'us-east-1/s3',
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ],
  ] as const)
    test(name, () => {
      const found = signed(request, keys, time, parts)
      expect(found.credential).toContain(`/${scope}/aws4_request`)
      expect(found.signature).toBe(signature)
    })
})

describe('what the signature belongs to', () => {
  for (const [name, url, configuration, scope] of [
    ['the host', 'https://abc.execute-api.eu-central-1.amazonaws.com/x', {}, 'eu-central-1/execute-api'],
    ['a region in the old S3 notation', 'https://b.s3-eu-west-1.amazonaws.com/x', {}, 'eu-west-1/s3'],
    [
      'the configured region before the host',
      'https://dynamodb.us-west-2.amazonaws.com/',
      { 'aws.region': 'eu-west-3' },
      'eu-west-3/dynamodb',
    ],
    [
      'the configured service before the host',
      'https://email.us-west-2.amazonaws.com/',
      { 'aws.service': 'ses2' },
      'us-west-2/ses2',
    ],
    ['a domain of its own', 'https://api.acme.test/x', { 'aws.region': 'eu-west-3' }, 'eu-west-3/execute-api'],
    ['nothing said', 'https://api.acme.test/x', {}, 'us-east-1/execute-api'],
  ] as const)
    test(name, () => {
      const { credential } = signed(`GET ${url}`, { ...SUITE_KEYS, ...configuration }, '2015-08-30T12:36:00Z')
      expect(credential).toBe(`AKIDEXAMPLE/20150830/${scope}/aws4_request`)
    })
})

describe('the request that goes out', () => {
  const time = '2015-08-30T12:36:00Z'
  test('keeps its query, also repeated and encoded members', () => {
    const { vendor } = signed('GET https://dynamodb.us-west-2.amazonaws.com/a%20b?x=1&x=2&y=%2F%20', SUITE_KEYS, time)
    expect(vendor.url).toBe('https://dynamodb.us-west-2.amazonaws.com/a%20b?x=1&x=2&y=%2F%20')
  })

  test('signs the body it sends', () => {
    const of = (body: string) =>
      signed('POST https://dynamodb.us-west-2.amazonaws.com/', SUITE_KEYS, time, {
        body,
        headers: { 'content-type': 'a/b' },
      })
    expect(of('{}').signature).not.toBe(of('{ }').signature)
    expect(Object.keys(of('{}').vendor.headers).toSorted()).toEqual([
      'accept',
      'authorization',
      'content-type',
      'x-amz-date',
    ])
  })

  test('an x-amz header of the element is signed, a stale date is not', () => {
    const headers = { 'x-amz-target': 'T.List', 'x-amz-date': '20000101T000000Z' }
    const { vendor, headers: names } = signed('POST https://dynamodb.us-west-2.amazonaws.com/', SUITE_KEYS, time, {
      headers,
    })
    expect(names).toBe('host;x-amz-date;x-amz-target')
    expect(vendor.headers['x-amz-date']).toBe('20150830T123600Z')
  })

  test('S3 gets the hash of the body', () => {
    const { vendor } = signed('PUT https://b.s3.amazonaws.com/x', S3_KEYS, time, {
      body: 'abc',
      headers: { 'content-type': 'text/plain' },
    })
    expect(vendor.headers['x-amz-content-sha256']).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
  })

  test('a streamed body stays unsigned', () => {
    const openBody = () => {
      throw new Error('it is not read to be signed')
    }
    const { vendor, headers } = signed('PUT https://b.s3.amazonaws.com/x', S3_KEYS, time, { openBody })
    expect(vendor.headers['x-amz-content-sha256']).toBe('UNSIGNED-PAYLOAD')
    expect(headers).toContain('x-amz-content-sha256')
  })
})
