import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { newVendorDraft, type VendorDraft } from '../vendor-draft.ts'
import { awsV2 } from './aws-v2.ts'

const KEYS = { 'aws.api.key': 'AKIAIOSFODNN7EXAMPLE', 'aws.api.secret': 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }

function signed(request: string, parts: Partial<VendorDraft> = {}, configuration: Record<string, string> = {}) {
  const [method = '', url = ''] = request.split(' ')
  const vendor = { ...newVendorDraft(method), url, ...parts, headers: { ...parts.headers } }
  awsV2.sign?.(vendor, { ...KEYS, ...configuration }, method, { now: new Date('2011-10-03T15:19:30.123Z'), nonce: 'n' })
  return vendor
}

describe('in the query', () => {
  // AWS General Reference, "Signature version 2 signing process"
  test('the published example', () => {
    const { url } = signed(
      'GET https://elasticmapreduce.amazonaws.com?Action=DescribeJobFlows&Version=2009-03-31&Timestamp=2011-10-03T15:19:30',
    )
    const query = new URL(url).searchParams
    expect(query.get('Signature')).toBe('i91nKc4PWAt0JJIdXwz9HxZCJDdiy6cf/Mj6vPxyYIs=')
    expect([query.get('SignatureMethod'), query.get('SignatureVersion')]).toEqual(['HmacSHA256', '2'])
  })

  test('with the time of the call unless the element sets one', () => {
    expect(new URL(signed('GET https://sdb.amazonaws.com/').url).searchParams.get('Timestamp')).toBe(
      '2011-10-03T15:19:30Z',
    )
    const expiring = new URL(signed('GET https://sdb.amazonaws.com/?Expires=2012-01-01T00:00:00Z').url).searchParams
    expect(expiring.has('Timestamp')).toBe(false)
  })

  test('members are sorted by their bytes, encoded as RFC 3986 says, all of a repeated name', () => {
    const { url } = signed('GET https://v.test/p?b=x%20y*&B=1&a=2&a=1&%C3%B6=z')
    const text = `GET\nv.test\n/p\nAWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&B=1&SignatureMethod=HmacSHA256&SignatureVersion=2&Timestamp=2011-10-03T15%3A19%3A30Z&a=1&a=2&b=x%20y%2A&%C3%B6=z`
    const expected = createHmac('sha256', KEYS['aws.api.secret']).update(text).digest('base64')
    expect(new URL(url).searchParams.get('Signature')).toBe(expected)
    expect(url).toMatch(/^https:\/\/v\.test\/p\?b=x%20y%2A&B=1&a=2&a=1&%C3%B6=z&AWSAccessKeyId=/)
  })

  test('a body that is no form is not signed', () => {
    const { url, body } = signed('POST https://v.test/p', { body: '<a/>', headers: { 'content-type': 'text/xml' } })
    expect(url).toContain('&Signature=')
    expect(body).toBe('<a/>')
  })
})

test('in the form of a POST', () => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const { url, body } = signed('POST https://sdb.amazonaws.com/', { headers, body: 'Action=List&Name=x+y' })
  expect(url).toBe('https://sdb.amazonaws.com/')
  const form = new URLSearchParams(String(body))
  const text = `POST\nsdb.amazonaws.com\n/\nAWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Action=List&Name=x%20y&SignatureMethod=HmacSHA256&SignatureVersion=2&Timestamp=2011-10-03T15%3A19%3A30Z`
  expect(form.get('Signature')).toBe(createHmac('sha256', KEYS['aws.api.secret']).update(text).digest('base64'))
  expect([...form.keys()]).toEqual([
    'Action',
    'Name',
    'AWSAccessKeyId',
    'SignatureMethod',
    'SignatureVersion',
    'Timestamp',
    'Signature',
  ])
})

// Amazon S3 developer guide, "Signing and authenticating REST requests", signature version 2
describe('S3, in the header: the published examples', () => {
  for (const [name, request, headers, signature] of [
    [
      'GET of an object',
      'GET https://johnsmith.s3.amazonaws.com/photos/puppy.jpg',
      { date: 'Tue, 27 Mar 2007 19:36:42 +0000' },
      'bWq2s1WEIj+Ydj0vQ697zp+IXMU=',
    ],
    [
      'PUT of an object',
      'PUT https://johnsmith.s3.amazonaws.com/photos/puppy.jpg',
      { date: 'Tue, 27 Mar 2007 21:15:45 +0000', 'content-type': 'image/jpeg' },
      'MyyxeRY7whkBe+bq8fHCL/2kKUg=',
    ],
    [
      'a list, whose query is not signed',
      'GET https://johnsmith.s3.amazonaws.com/?prefix=photos&max-keys=50&marker=puppy',
      { date: 'Tue, 27 Mar 2007 19:42:41 +0000' },
      'htDYFYduRNen8P9ZfE/s9SuKy0U=',
    ],
    [
      'a subresource, which is',
      'GET https://johnsmith.s3.amazonaws.com/?acl',
      { date: 'Tue, 27 Mar 2007 19:44:46 +0000' },
      'c2WLPFtWHVgbEmeEG93a4cG37dM=',
    ],
    [
      'DELETE with the bucket in the path',
      'DELETE https://s3.amazonaws.com/johnsmith/photos/puppy.jpg',
      { date: 'Tue, 27 Mar 2007 21:20:26 +0000' },
      'lx3byBScXR6KzyMaifNkardMwNk=',
    ],
    [
      'the same with a date of Amazon, which replaces the other',
      'DELETE https://s3.amazonaws.com/johnsmith/photos/puppy.jpg',
      { date: 'Tue, 27 Mar 2007 21:20:27 +0000', 'x-amz-date': 'Tue, 27 Mar 2007 21:20:26 +0000' },
      'R4dJ53KECjStyBO5iTBJZ4XVOaI=',
    ],
  ] as const)
    test(name, () => {
      const { url, headers: sent } = signed(request, { headers: { ...headers } })
      expect(sent['authorization']).toBe(`AWS AKIAIOSFODNN7EXAMPLE:${signature}`)
      expect(url).toBe(request.split(' ')[1])
    })

  test('the date is that of the call', () => {
    expect(signed('GET https://s3-eu-west-1.amazonaws.com/b/x').headers['date']).toBe('Mon, 03 Oct 2011 15:19:30 GMT')
  })

  test('a service of the same scheme elsewhere', () => {
    const { headers } = signed('GET https://storage.acme.test/b/x', {}, { 'aws.service': 's3' })
    expect(headers['authorization']).toMatch(/^AWS AKIAIOSFODNN7EXAMPLE:/)
  })
})
