import { describe, expect, test } from 'vitest'
import type { StepOutcome } from './outcome.ts'
import { stepValues, triggerValues } from './step-values.ts'

const MOST = 1_000
const CALL = {
  request: {
    method: 'GET',
    uri: '/contacts',
    headers: { a: '1' },
    query: {},
    path: {},
    body: null,
    'retry-attempt': 3,
  },
  response: { code: 200, headers: { 'elements-next-page-token': 'x' }, body: [{ id: 1 }] },
}

function valuesOf(type: string, outcome: Partial<StepOutcome>, engine: 'v1' | 'v3' | null = 'v3') {
  const whole: StepOutcome = { status: 'success', isFailure: false, ...outcome }
  return stepValues({ name: 's', type }, whole, { engine, most: MOST }).map(({ key, value }) => [key, value])
}

const CALL_TEXTS = [
  ['s.request.method', 'GET'],
  ['s.request.uri', '/contacts'],
  ['s.request.headers', '{"a":"1"}'],
  ['s.request.query', '{}'],
  ['s.request.path', '{}'],
  ['s.request.body', undefined],
  ['s.request.retry-attempt', '3'],
  ['s.response.code', '200'],
  ['s.response.headers', '{"elements-next-page-token":"x"}'],
  ['s.response.body', '[{"id":1}]'],
] as const

describe('values of a step (spec 32 §3)', () => {
  const mail = { to: 'a@example.com', subject: 'Hello', body: '' }
  const cases: [string, string, Partial<StepOutcome>, (readonly [string, string | undefined])[]][] = [
    [
      'a script: one for each member',
      'script',
      { value: { a: 1, b: { some: 'new thing' } } },
      [
        ['s.a', '1'],
        ['s.b', '{"some":"new thing"}'],
      ],
    ],
    ['a script without a value: none', 'script', {}, []],
    ['a script with an empty object: none', 'script', { value: {} }, []],
    ['a script with a text', 'script', { value: 'job-7' }, [['s', 'job-7']]],
    ['a script with a number', 'script', { value: 0 }, [['s', '0']]],
    ['a script with `false`', 'script', { value: false }, [['s', 'false']]],
    ['a script with a list', 'script', { value: [1, { a: null }] }, [['s', '[1,{"a":null}]']]],
    ['a script with null: none', 'script', { value: null }, []],
    [
      'an id that looks like a number stays a text',
      'script',
      { value: { id: '8000270E-1392053436' } },
      [['s.id', '8000270E-1392053436']],
    ],
    [
      'texts are not quoted, booleans and numbers are words',
      'script',
      { value: { t: 'a "b"', yes: true, n: -1.5 } },
      [
        ['s.t', 'a "b"'],
        ['s.yes', 'true'],
        ['s.n', '-1.5'],
      ],
    ],
    ['a member that is null has no text', 'script', { value: { gone: null } }, [['s.gone', undefined]]],
    [
      'a script that has members like a call is flat',
      'script',
      { value: { request: { method: 'GET' } } },
      [['s.request', '{"method":"GET"}']],
    ],
    [
      'what a script printed',
      'script',
      { value: { a: 1 }, console: ['one', 'two'] },
      [
        ['s.a', '1'],
        ['s.console', '["one","two"]'],
      ],
    ],
    ['nothing printed: no such value', 'script', { console: [] }, []],
    [
      'mails of a script',
      'script',
      { mails: [mail] },
      [['s.notify', '[{"to":"a@example.com","subject":"Hello","body":""}]']],
    ],
    [
      'a script that failed after printing',
      'script',
      { status: 'failed', isFailure: true, error: 'Unexpected identifier', console: ['x'] },
      [
        ['s.console', '["x"]'],
        ['s.error', 'Unexpected identifier'],
      ],
    ],
    ['an error is said once', 'script', { status: 'failed', value: { error: 'no' }, error: 'no' }, [['s.error', 'no']]],
    [
      'members with names of every object',
      'script',
      { value: JSON.parse('{"__proto__":1,"constructor":{"a":1}}') },
      [
        ['s.__proto__', '1'],
        ['s.constructor', '{"a":1}'],
      ],
    ],
    ['a filter that says yes', 'filter', { value: { continue: true } }, [['s.continue', 'true']]],
    ['a filter that says no', 'filter', { status: 'failed', value: { continue: false } }, [['s.continue', 'false']]],
    [
      'a notification',
      'notification',
      { value: { continue: true }, mails: [mail] },
      [
        ['s.continue', 'true'],
        ['s.notify', '[{"to":"a@example.com","subject":"Hello","body":""}]'],
      ],
    ],
    [
      'a loop at an entry',
      'loop',
      { value: { index: 0, entry: { id: 7 } } },
      [
        ['s.index', '0'],
        ['s.entry', '{"id":7}'],
      ],
    ],
    ['a loop at its end, v3', 'loop', { status: 'failed', loop: {} }, []],
    ['a loop at its end, v1', 'loop', { status: 'failed', value: { index: 3 } }, [['s.index', '3']]],
    [
      'a loop over no list',
      'loop',
      { status: 'failed', isFailure: true, error: 'no list', value: { error: 'no list' } },
      [['s.error', 'no list']],
    ],
    ['an element request', 'elementRequest', { value: CALL }, CALL_TEXTS as never],
    ['a platform request', 'request', { value: CALL }, CALL_TEXTS as never],
    [
      'an HTTP request',
      'httpRequest',
      { value: { request: { method: 'GET', url: 'https://a.example' } } },
      [
        ['s.request.method', 'GET'],
        ['s.request.url', 'https://a.example'],
      ],
    ],
    [
      'a request with a form',
      'elementRequest',
      { value: { request: { form: { a: 1 } } } },
      [['s.request.form', '{"a":1}']],
    ],
    [
      'a request that got no answer',
      'elementRequest',
      { status: 'failed', isFailure: true, value: { request: { method: 'GET' } }, error: 'ECONNREFUSED' },
      [
        ['s.request.method', 'GET'],
        ['s.error', 'ECONNREFUSED'],
      ],
    ],
    [
      'a message',
      'amqpRequest',
      { value: { request: { url: 'amqp://a', exchange: '', queue: 'q', body: { a: 1 } } } },
      [
        ['s.request.url', 'amqp://a'],
        ['s.request.exchange', ''],
        ['s.request.queue', 'q'],
        ['s.request.body', '{"a":1}'],
      ],
    ],
    [
      'a stream',
      'elementRequestStream',
      {
        value: {
          download: { request: { uri: '/d' }, response: { code: 200 } },
          upload: { request: { form: { metaData: '{"a":1}' } }, response: { body: { id: 77 } } },
        },
      },
      [
        ['s.download.request.uri', '/d'],
        ['s.download.response.code', '200'],
        ['s.upload.request.form', '{"metaData":"{\\"a\\":1}"}'],
        ['s.upload.response.body', '{"id":77}'],
      ],
    ],
    [
      'a sub-formula that ended with a script',
      'formula',
      { value: { child: 'c', parent: { a: 1 } }, subFormula: { at: 'end', lastType: 'script' } },
      [
        ['s.child', 'c'],
        ['s.parent', '{"a":1}'],
      ],
    ],
    [
      'a sub-formula that ended with a request',
      'formula',
      {
        value: { request: { method: 'GET' }, response: { code: 400 } },
        subFormula: { at: 'end', lastType: 'elementRequest' },
      },
      [
        ['s.request.method', 'GET'],
        ['s.response.code', '400'],
      ],
    ],
    [
      'a sub-formula that failed',
      'formula',
      {
        status: 'failed',
        isFailure: true,
        value: { error: 'no' },
        error: 'no',
        subFormula: { at: 'end', lastType: 'script' },
      },
      [['s.error', 'no']],
    ],
    [
      'a sub-formula that begins',
      'formula',
      { subFormula: { at: 'start', formulaId: 1, revision: 1, args: {}, configuration: {} } },
      [],
    ],
    ['a retry, v3', 'retryFormulaExecution', { value: { attempt: '1' }, retry: { attempt: 1 } }, [['s.attempt', '1']]],
    [
      'a retry, v1',
      'retryFormulaExecution',
      { error: 'scheduled for retry at approximately 10:00' },
      [['s.error', 'scheduled for retry at approximately 10:00']],
    ],
    ['a type that nobody knows is flat', 'constructor', { value: { request: { a: 1 } } }, [['s.request', '{"a":1}']]],
  ]
  test.each(cases)('%s', (_name, type, outcome, expected) => expect(valuesOf(type, outcome)).toEqual(expected))

  test('with v1 a sub-formula has one value', () => {
    const subFormula = { at: 'end', lastType: 'elementRequest' } as const
    expect(valuesOf('formula', { value: { response: { code: 404 } }, subFormula }, 'v1')).toEqual([
      ['s', '{"response":{"code":404}}'],
    ])
    expect(valuesOf('formula', { value: { error: 'no' }, error: 'no', subFormula }, 'v1')).toEqual([['s.error', 'no']])
  })

  test('a text of more than 4 MB is left out, the others stay', () => {
    const value = { long: 'x'.repeat(MOST + 1), wide: 'ä'.repeat(MOST / 2 + 1), just: 'x'.repeat(MOST), a: 1 }
    expect(valuesOf('script', { value }).map(([key]) => key)).toEqual(['s.just', 's.a'])
  })
})

describe('values of the trigger', () => {
  const of = (trigger: Record<string, unknown>) =>
    triggerValues({ trigger }, { most: MOST }).map(({ key, value }) => [key, value])

  test('a manual execution has exactly one', () => {
    expect(of({ args: { a: { b: 1 } } })).toEqual([['trigger.args', '{"a":{"b":1}}']])
  })
  test('so has a formula as a resource, whatever its request is', () => {
    expect(of({ args: { request: { query: {} } } })).toEqual([['trigger.args', '{"request":{"query":{}}}']])
  })
  test('an event', () => {
    const trigger = { type: 'event', event: { objectId: '7' }, eventId: '12', instanceId: 4, body: { message: {} } }
    expect(of(trigger)).toEqual([
      ['trigger.type', 'event'],
      ['trigger.event', '{"objectId":"7"}'],
      ['trigger.eventId', '12'],
      ['trigger.instanceId', '4'],
      ['trigger.body', '{"message":{}}'],
    ])
  })
  test('a call of an element: its parts one by one, the body also when there is none', () => {
    const request = { method: 'GET', path: '/contacts', query: { a: '1' }, headers: {} }
    expect(of({ type: 'request', request, response: { code: 200, headers: {}, body: [] } })).toEqual([
      ['trigger.type', 'request'],
      ['trigger.request.method', 'GET'],
      ['trigger.request.path', '/contacts'],
      ['trigger.request.query', '{"a":"1"}'],
      ['trigger.request.headers', '{}'],
      ['trigger.response.code', '200'],
      ['trigger.response.headers', '{}'],
      ['trigger.response.body', '[]'],
      ['trigger.request.body', undefined],
    ])
    expect(of({ request: { body: '' } })).toEqual([['trigger.request.body', '']])
  })
  test('a schedule', () => expect(of({ type: 'scheduled' })).toEqual([['trigger.type', 'scheduled']]))
  test('the next attempt', () => {
    expect(of({ type: 'scheduled', retryAttemptNumber: 1, retryParentExecution: 9 })).toEqual([
      ['trigger.type', 'scheduled'],
      ['trigger.retryAttemptNumber', '1'],
      ['trigger.retryParentExecution', '9'],
    ])
  })
})
