import { expect, test } from 'vitest'
import { completeAnswer, wantedMembers } from './complete-answer.ts'
import { hookReads } from './hook-reads.ts'
import { rootSteps } from './root-path.ts'

const make = (name: string) => `<${name}>`

function completed(script: string, body: unknown, root = '', ofElement = false): unknown {
  const { members } = hookReads([{ type: 'postRequest', body: script }])
  return completeAnswer(structuredClone(body), wantedMembers(members, rootSteps(root), ofElement), make)
}

for (const [fact, script, body, expected, root = ''] of [
  ['a missing member is made', 'response_body.auth.token', {}, { auth: { token: '<token>' } }],
  ['what is there stays', 'response_body.id', { id: 7 }, { id: 7 }],
  ['null is missing', 'response_body.id', { id: null }, { id: '<id>' }],
  ['members count from the root', 'response_body.id', { data: { a: 1 } }, { data: { a: 1, id: '<id>' } }, 'data'],
  [
    'members of the raw answer do not',
    'response_body_raw_map.next',
    { data: {} },
    { data: {}, next: '<next>' },
    'data',
  ],
  [
    'each item gets its member',
    'response_body.map(r => r.ts * 2)',
    [{}, { ts: 'x' }],
    [{ ts: 1_700_000_000 }, { ts: 1_700_000_000 }],
  ],
  [
    'a list is made with items',
    'response_body.feed.entry.forEach(e => e.id)',
    undefined,
    {
      feed: { entry: [{ id: '<id>' }, { id: '<id>' }] },
    },
  ],
  ['a comparison gives the value', "response_body.kind === 'Hired'", {}, { kind: 'Hired' }],
  ['nothing about failures', 'response_body.error.message + response_body.faultCode + response_body.message', {}, {}],
  ['a code for no failure', 'if (response_body.errcode === 0) done()', {}, { errcode: 0 }],
  ['success is true', 'if (response_body.success === false) done()', {}, { success: true }],
  [
    'JSON text where it is parsed',
    'JSON.parse(response_body.content)',
    { content: 'plain words' },
    {
      content: '{"id":"<id>","name":"<name>"}',
    },
  ],
  [
    'texts with what they are cut at',
    "response_body.x.split('<K>')[1].split('</K>')[0]",
    { x: 'words' },
    {
      x: '<K><token></K><token>',
    },
  ],
  ['a scalar is no object', 'response_body.a.b', { a: 'text' }, { a: 'text' }],
  ['an object is no list', 'response_body.a[0].b', { a: {} }, { a: {} }],
  ['a list has the item', 'response_body.a[1].b', {}, { a: [{}, { b: '<b>' }] }],
] as const)
  test(fact, () => expect(completed(script, body, root)).toEqual(expected))

test('scripts of the element add only inside what is there', () => {
  const script = 'response_body.data[0].meta.cursor; response_body.other.x'
  expect(completed(script, { data: [{ a: 1 }] }, '', true)).toEqual({ data: [{ a: 1, meta: { cursor: '<cursor>' } }] })
})

test('__proto__ is a member', () => {
  completed("response_body['__proto__'].polluted", {})
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})
