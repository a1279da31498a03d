import fc from 'fast-check'

/** Lines of a head, without `Host`, `Content-Length` and what belongs to the body; sent as they are, one character a byte. */
export type HeaderLines = readonly string[]

/** Words in them are filled in when the request is sent: `{userSecret}` `{organizationSecret}` `{token}` `{bearer}`. */
const GOOD = 'User {userSecret}, Organization {organizationSecret}'

const authorization: fc.Arbitrary<HeaderLines> = fc.oneof(
  { weight: 60, arbitrary: fc.constant([`Authorization: ${GOOD}`]) },
  { weight: 14, arbitrary: fc.constant([`Authorization: ${GOOD}, Element {token}`]) },
  { weight: 4, arbitrary: fc.constant(['Authorization: Bearer {bearer}']) },
  { weight: 2, arbitrary: fc.constant([]) },
  {
    weight: 10,
    arbitrary: fc
      .constantFrom(
        ...[
          '',
          ' ',
          ',',
          ',,,',
          'User',
          'User ',
          'User  ,',
          'User {userSecret}',
          'Organization {organizationSecret}',
          'Element {token}',
          'Bearer',
        ],
        ...[
          'Bearer ',
          'Bearer a b',
          'Bearer {userSecret}',
          'Basic dXNlcjpwYXNz',
          'Basic',
          'Digest username="x"',
          'User {userSecret} Organization {organizationSecret}',
        ],
        ...[
          'User {userSecret},Organization {organizationSecret}',
          'user {userSecret} , organization {organizationSecret} ',
          'USER {userSecret},,ORGANIZATION {organizationSecret},',
        ],
        ...[
          'User {organizationSecret}, Organization {userSecret}',
          'User {userSecret}, Organization {organizationSecret}, Element x',
          `User ${'x'.repeat(5_000)}`,
        ],
        ...[
          'User {userSecret}, Organization {organizationSecret}, Bearer {bearer}',
          'User {userSecret}, User {userSecret}',
          'User \xff\xfe, Organization \x80',
          'User {userSecret}\t',
        ],
        ...[
          '__proto__ x',
          'constructor x',
          'User {userSecret}, Organization {organizationSecret}, Element {token}, Element y',
          'User a=b, Organization ""',
        ],
      )
      .map((value) => [`Authorization: ${value}`]),
  },
  { weight: 1, arbitrary: fc.constant([`Authorization: ${GOOD}`, 'Authorization: Bearer other']) },
  { weight: 1, arbitrary: fc.constant(['authorization: Bearer other', `AUTHORIZATION: ${GOOD}`]) },
)

/** Each of them alone is harmless or refused; most say something that is not so. */
const EXTRA = [
  ...[
    'Accept: text/html',
    'Accept: application/x-nothing;q=0',
    'Accept:',
    'Accept: */*;q=0',
    'Accept: text/csv',
    'Accept-Encoding: zstd',
    'Accept-Encoding: *;q=0',
  ],
  ...[
    'Origin: https://app.example.com',
    'Origin: null',
    'Origin: \xff',
    'Origin:',
    'Access-Control-Request-Method: POST',
    'Access-Control-Request-Headers: x\ty',
  ],
  ...[
    'Elements-Version: Helium',
    'Elements-Version: \xff',
    'Elements-User-Password: ndl-password',
    'Elements-Async-Callback-Url: http://127.0.0.1:1',
    'Elements-Formula-Instance-Id: -1',
  ],
  ...[
    'Expect: 100-continue',
    'Expect: 200-maybe',
    'Expect:',
    'Upgrade: websocket',
    'Upgrade: h2c',
    'Content-Encoding: gzip',
    'Content-Encoding: identity',
    'TE: trailers',
  ],
  ...[
    'X-Forwarded-For: 1.2.3.4, \xff',
    'X-Forwarded-Host: evil.example',
    'X-Forwarded-Proto: gopher',
    'Forwarded: for=_x',
    'X-HTTP-Method-Override: DELETE',
  ],
  ...[
    'If-None-Match: *',
    'If-Modified-Since: never',
    'Range: bytes=0-',
    'Cookie: a=b; __proto__=c',
    `X-Long: ${'y'.repeat(7_000)}`,
    'X-Request-Id: ndl',
    'Element-Instances: 1,,x',
  ],
  ...[
    'Host: other.example',
    'Host: ',
    ' folded: x',
    'X-Bad\x01Name: y',
    'X-Value: a\x00b',
    'X-Value: a\x7fb',
    'No colon at all',
    ': no name',
    'X-Tab:\t\t',
    'User-Agent: <script>',
  ],
]

const contentType: fc.Arbitrary<HeaderLines> = fc.oneof(
  { weight: 20, arbitrary: fc.constant(['Content-Type: application/json']) },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(
        ...[
          'application/json;charset=UTF-8',
          'application/json; charset=utf-16',
          'application/vnd.api+json',
          'APPLICATION/JSON',
          'application/json,text/html',
        ],
        ...[
          'text/plain',
          'text/xml',
          'application/xml',
          'application/x-www-form-urlencoded',
          'multipart/form-data',
          'multipart/form-data; boundary=',
          'multipart/form-data; boundary=x',
        ],
        ...[
          'application/octet-stream',
          '',
          ' ',
          ';',
          'json',
          '/',
          '*/*',
          'application/',
          'a'.repeat(5_000),
          '\xff/\xfe',
          'application/json; charset="',
          'text/plain; charset=nonsense',
        ],
      )
      .map((type) => [`Content-Type: ${type}`]),
  },
  { weight: 1, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.constant(['Content-Type: text/plain', 'Content-Type: application/json']) },
)

/** @param hasBody a Content-Type is among them */
export function oddHeaders(hasBody: boolean): fc.Arbitrary<HeaderLines> {
  const extra = fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.subarray(EXTRA, { minLength: 1, maxLength: 3 }) },
  )
  return fc.tuple(authorization, hasBody ? contentType : fc.constant([]), extra).map((parts) => parts.flat())
}
