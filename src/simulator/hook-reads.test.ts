import { expect, test } from 'vitest'
import { hookReads } from './hook-reads.ts'
import { EVERY } from './root-path.ts'

const readsOf = (body: string) => hookReads([{ type: 'postRequest', body }])
const paths = (body: string) =>
  readsOf(body).members.map(({ steps, from, ...more }) => [
    steps.map((step) => (step === EVERY ? '*' : step)).join('.'),
    ...(from === 'body' ? ['body'] : []),
    ...Object.entries(more).filter(([, value]) => value !== undefined),
  ])

for (const [fact, script, expected] of [
  ['a member', 'done({a: response_body.token})', [['token']]],
  ['nested, with brackets', `x = response_body.a['b c'][0].d`, [['a.b c.0.d']]],
  ['optional chaining', 'response_body?.a?.b', [['a.b']]],
  ['the whole answer', 'response_body_raw_map["Error"]', [['Error', 'body']]],
  [
    'a variable',
    'const r = response_body_map || response_body; if (r.access_token) x(r["expires_in"])',
    [['access_token'], ['expires_in']],
  ],
  ['a variable for a part', 'var b = response_body.db; b.ticket', [['db'], ['db.ticket']]],
  ['members taken apart', 'const { id, name } = response_body.data; x(id.value)', [['data'], ['data.id.value']]],
  ['a comparison', 'if (response_body.code === 0) done()', [['code', ['literal', 0]]]],
  [
    'a list in a callback',
    'response_body.items.map(item => item.title.text)',
    [['items', ['as', 'array']], ['items.*.title.text']],
  ],
  [
    'a list in a function',
    'response_body.forEach(function (r, i) { use(r.ts * 1000) })',
    [
      ['', ['as', 'array']],
      ['*.ts', ['as', 'number']],
    ],
  ],
  [
    'a list by index',
    'for (let i = 0; i < response_body.rows.length; i++) use(response_body.rows[i].id)',
    [['rows'], ['rows.*.id']],
  ],
  ['for … of', 'for (const row of response_body.rows) use(row.id)', [['rows', ['as', 'array']], ['rows.*.id']]],
  ['the last element', 'x = response_body.data[len - 1].meta.cursor', [['data.*.meta.cursor']]],
  ['JSON in a text', 'JSON.parse(response_body.content)', [['content', ['as', 'json']]]],
  ['JSON in base64', 'JSON.parse(CE.decode64(response_body.content))', [['content', ['as', 'base64-json']]]],
  ['JSON of the whole', 'const b = JSON.parse(response_body_raw); b.id', [['id', 'body']]],
  [
    'a text that is cut',
    `response_body.xml.split('<Key>')[1].split('</Key>')[0]`,
    [['xml', ['as', 'text'], ['pieces', ['<Key>', '</Key>']]]],
  ],
  [
    'not what is written, but what it is written into',
    'response_body.a = 1; response_body.b.c = response_body.d',
    [['b', ['as', 'object']], ['d']],
  ],
  ['not members of others', 'other.response_body.x; request_body.y', []],
  ['not comments and texts', '// response_body.a\n/* response_body.b */ "response_body.c"', []],
] as const)
  test(`reads ${fact}`, () => expect(paths(script)).toEqual(expected))

test('headers', () => {
  expect(
    readsOf(`a = response_headers['X-Token']; b = response_headers.etag; c = response_headers[name]`).headers,
  ).toEqual(['x-token', 'etag', 'name'])
})

test('other hooks and broken ones tell nothing', () => {
  expect(hookReads([{ type: 'preRequest', body: 'response_body.x' }, { type: 'postRequest' }]).members).toEqual([])
  expect(paths('response_body.')).toEqual([])
  expect(paths('`${"')).toEqual([])
})

test('scripts made to take long do not', () => {
  for (const piece of [
    '/* ',
    '`',
    '"',
    '[',
    'response_body[',
    "'\\",
    'JSON.parse(',
    'a.b.',
    'response_body.a.split("x")[',
  ]) {
    const started = performance.now()
    readsOf(piece.repeat(200_000 / piece.length))
    expect(performance.now() - started, piece).toBeLessThan(1000)
  }
})
