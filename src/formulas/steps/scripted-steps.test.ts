import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runningStep, type TestStepCall, testStepCall } from '../../../test/support/formula-steps.ts'
import { startTestSandbox } from '../../../test/support/sandbox.ts'
import type { Sandbox } from '../../sandbox/sandbox.ts'
import { FILTER } from './filter.ts'
import { NOTIFICATION } from './notification.ts'
import { SCRIPT } from './script.ts'
import type { StepKind } from './step.ts'

/** What scripts, filters and notifications come to (spec 31 §3.6, §3.7). */
let sandbox: Sandbox
beforeAll(() => {
  sandbox = startTestSandbox()
})
afterAll(() => sandbox.close())

const v1 = (body: string) => ({ body, scriptEngine: 'v1' })
const visit = (kind: StepKind, given: string | Record<string, unknown>, rest: Partial<TestStepCall> = {}) => {
  const properties = typeof given === 'string' ? { body: given } : given
  return kind.run(runningStep(sandbox, 400), testStepCall({ properties, ...rest }))
}
const fine = (value: unknown) => ({ status: 'success', isFailure: false, value })
const bad = (error: string) => ({ status: 'failed', isFailure: true, error, value: { error } })

describe('script', () => {
  test.each<[string | Record<string, unknown>, unknown]>([
    ['done({ a: 1 })', { a: 1 }],
    ['done("text")', 'text'],
    ['done(0)', 0],
    ['done(false)', false],
    ['done([1])', [1]],
    ['done(null)', null],
    ['done()', {}],
    ['const a = 1', {}],
    ['done({ id: "8000270E-1392053436" })', { id: '8000270E-1392053436' }],
    ['if (true) { done({ a: 1 }) } done({ a: 2 })', { a: 1 }],
    [{ body: 'done(1)', scriptEngine: 'v2' }, 1],
    [{ body: 'done(1)', mimeType: 'application/javascript' }, 1],
    [v1('return { a: 1 }'), { a: 1 }],
    [v1('var x = 0; for (y in [1, 2]) x++; return x'), 2],
    [v1('return false'), false],
    // JavaScript has braces of its own
    ['done(`${1 + 1} ${config}`.length)', 17],
  ])('%j is %j', async (body, value) => expect(await visit(SCRIPT, body)).toEqual(fine(value)))

  test.each<[string | Record<string, unknown>, string]>([
    ["throw('text')", 'text'],
    ['throw new Error("message")', 'message'],
    ['this is prose', "Unexpected identifier 'is'"],
    ['for (;;);', 'Script execution timed out'],
    ['new Promise(() => {}); setTimeout(() => done(), 9e5)', 'Script execution timed out'],
    [{}, 'step "step" has no body, which is its script'],
    [{ body: 5 }, 'step "step" has no body, which is its script'],
    [v1('var a = 1'), 'The step did not return any values'],
    [v1('return null'), 'The step did not return any values'],
    [v1('null.a'), "Script execution failed with message: Cannot read properties of null (reading 'a')"],
    [v1('return 1 2'), 'Script execution failed with message: Invalid or unexpected token'],
    [v1('for (;;);'), 'Script execution timed out'],
  ])('%j fails: %s', async (body, error) => {
    const expected = error.includes('unexpected token') ? { error: expect.stringContaining('message: ') } : bad(error)
    expect(await visit(SCRIPT, body)).toMatchObject(expected)
  })

  test('console, mails and changes are there however it ends', async () => {
    const body = 'console.log("a"); notify.email("a@x.test", "Hi", "x"); config.found = 1;'
    const left = {
      console: ['a'],
      mails: [{ to: 'a@x.test', subject: 'Hi', body: 'x' }],
      changes: { config: { set: { found: 1 }, gone: [] } },
    }
    expect(await visit(SCRIPT, `${body} done(1)`)).toEqual({ ...fine(1), ...left })
    expect(await visit(SCRIPT, `${body} throw "no"`)).toEqual({ ...bad('no'), ...left })
  })

  test('entries of a loop are the objects of its list, and headers are found in any spelling', async () => {
    const scope = {
      steps: {
        get: { response: { headers: { 'x-next': 'abc' }, body: [{ id: 1 }, { id: 2 }] } },
        each: { index: 1, entry: { id: 2 } },
      },
      trigger: { args: { request: { headers: { 'x-user': 'ada' } } } },
      types: { get: 'elementRequest', each: 'loop', constructor: 'constructor' },
    }
    const loops = [{ loop: 'each', path: ['steps', 'get', 'response', 'body'], index: 1 }]
    const body = `done([steps.each.entry === steps.get.response.body[1], steps.get.response.headers['X-Next'],
      trigger.args.request.headers['X-User']])`
    expect(await visit(SCRIPT, body, { scope, loops })).toEqual(fine([true, 'abc', 'ada']))
  })

  test('a cancelled execution ends it', async () => {
    const reason = new Error('cancelled')
    await expect(visit(SCRIPT, 'for (;;);', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

describe('filter', () => {
  test.each<[string | Record<string, unknown>, boolean]>([
    ['done(true)', true],
    ['done(false)', false],
    ['done("true")', true],
    ['done("false")', false],
    ['done(" False ")', false],
    ['done("")', false],
    ['done("x")', true],
    ['done(0)', false],
    ['done({})', true],
    ['done([])', true],
    ['done(null)', false],
    ['done()', false],
    ['', false],
    ['if (false) { done(true) } done(false); done(true)', false],
    [v1('return true'), true],
    [v1('return false'), false],
  ])('%j goes on: %s', async (body, goesOn) => {
    expect(await visit(FILTER, body)).toEqual({
      status: goesOn ? 'success' : 'failed',
      isFailure: false,
      value: { continue: goesOn },
    })
  })

  test.each<[string | Record<string, unknown>, string]>([
    ['null.a', "Cannot read properties of null (reading 'a')"],
    [v1('1'), 'The step did not return any values'],
  ])('%j fails', async (body, error) => expect(await visit(FILTER, body)).toEqual(bad(error)))

  test('what it prints is kept when it says no', async () => {
    expect(await visit(FILTER, 'console.log("no"); done(false)')).toMatchObject({ isFailure: false, console: ['no'] })
  })
})

describe('notification', () => {
  const settings = { 'notification.email': 'ops@x.test' }
  test('a mail goes to the address of the instance', async () => {
    const outcome = await visit(NOTIFICATION, 'done(true)', { name: 'tell', settings })
    expect(outcome).toMatchObject({ ...fine({ continue: true }), mails: [{ to: 'ops@x.test' }] })
    const [mail] = outcome.mails ?? []
    expect(mail?.subject).toBe('Formula Mirror: tell')
    expect(mail?.body).toContain('Execution: 314741')
  })

  test('after those of the script', async () => {
    const { mails } = await visit(NOTIFICATION, 'notify.email("a@x.test", "Hi"); done(true)', { settings })
    expect(mails?.map(({ to }) => to)).toEqual(['a@x.test', 'ops@x.test'])
  })

  test.each([
    ['done(false)', settings, { status: 'failed', isFailure: false, value: { continue: false } }],
    ['throw "no"', settings, bad('no')],
    ['done(true)', {}, { ...fine({ continue: true }), console: [expect.stringContaining('notification.email')] }],
  ])('%s with %j sends none', async (body, given, outcome) => {
    expect(await visit(NOTIFICATION, body, { settings: given })).toEqual(outcome)
  })
})
