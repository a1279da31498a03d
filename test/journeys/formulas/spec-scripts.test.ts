import { createHash, createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectOk } from '../../support/expect-answer.ts'
import {
  type Formulas,
  type FormulaText,
  filter,
  formulasOf,
  type RunOptions,
  script,
  step,
  storyOf,
} from '../../support/formulas.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** What scripts of steps see and may do (spec 31 §3.6, §3.7, §4). */
let hub: TestHub
let formulas: Formulas
beforeAll(async () => {
  hub = await startTestHub({ VALENCE_FORMULA_SCRIPT_SECONDS: '4' })
  formulas = formulasOf(hub)
  await formulas.warm()
})
afterAll(() => hub.close())

/** One script, named `a`. */
const run = (body: string, options?: RunOptions, more: Partial<FormulaText> = {}) =>
  formulas.run({ steps: { a: script(body) }, ...more }, options)
/** One script and what a second one sees of it. */
const seen = async (body: string) =>
  await formulas.run({
    steps: { a: script(body, 'b'), b: script('done({ is: typeof steps.a, json: JSON.stringify(steps.a) })') },
  })

describe('31 §3.6: what done() is given', () => {
  test.each<[string, string, string, string, Record<string, string>]>([
    [
      'an object',
      'done({ x: 1, deep: { y: [true] } })',
      'object',
      '{"x":1,"deep":{"y":[true]}}',
      { 'a.x': '1', 'a.deep': '{"y":[true]}' },
    ],
    ['a text', "done('job-7')", 'string', '"job-7"', { a: 'job-7' }],
    ['a number', 'done(42)', 'number', '42', { a: '42' }],
    ['a boolean: still success', 'done(false)', 'boolean', 'false', { a: 'false' }],
    ['a list', 'done([1, { b: 2 }])', 'object', '[1,{"b":2}]', { a: '[1,{"b":2}]' }],
    ['nothing: an empty object', 'done()', 'object', '{}', {}],
  ])('%s', async (_, body, is, json, values) => {
    const found = await seen(body)
    expect(found.status).toBe('success')
    expect([found.value('b.is'), found.value('b.json')]).toEqual([is, json])
    expect(found.visits[1]).toMatchObject({ status: 'success', values })
    expect(Object.keys(found.visits[1]?.values ?? {})).toEqual(Object.keys(values))
  })
})

describe('31 §3.7: filters', () => {
  test.each([
    ['true', 'true'],
    ['false', 'false'],
    ["'true'", 'true'],
    ["'false'", 'false'],
    ["''", 'false'],
    ['0', 'false'],
    ['1', 'true'],
    ['{}', 'true'],
    ['undefined', 'false'],
  ])('done(%s) is %s', async (value, expected) => {
    const found = await formulas.run({ steps: { a: filter(`done(${value})`) } })
    expect(found.value('a.continue')).toBe(expected)
    expect(found.visits[1]?.status).toBe(expected === 'true' ? 'success' : 'failed')
    expect(found.status).toBe('success')
  })

  test('notification: as a filter, with a mail when it says yes', async () => {
    const formula: FormulaText = {
      engine: 'v1',
      steps: { tell: step('notification', { body: 'done(trigger.args.yes)' }, 'after'), after: script('done()') },
    }
    const settings = { 'notification.email': 'told@example.test' }
    const yes = await formulas.run(formula, { instance: { settings }, args: { yes: true } })
    expect([storyOf(yes.visits), yes.status]).toEqual([['trigger:success', 'tell:success', 'after:success'], 'success'])
    expect(await mailsTo('told@example.test')).toHaveLength(1)
    const no = await formulas.runAgain(yes, { yes: false })
    expect([storyOf(no.visits), no.status]).toEqual([['trigger:success', 'tell:failed'], 'success'])
    expect(await mailsTo('told@example.test')).toHaveLength(1)
  })
})

// biome-ignore lint/suspicious/noExplicitAny: mails of every shape
const mailsTo = async (to: string): Promise<any[]> =>
  expectOk(await hub.call('GET', '/notifications/emails')).body.filter((mail: { to: string[] }) => mail.to.includes(to))

describe('31 §4: rules', () => {
  test('strict mode: what is not declared throws', async () => {
    const found = await run('undeclared = 5\ndone()')
    expect(found.status).toBe('failed')
    expect(found.value('a.error')).toContain('undeclared is not defined')
  })

  test('the first done wins; code after it still runs', async () => {
    const found = await run(
      "if (true) { done({ n: 1 }) }\nconsole.log('after')\ndone({ n: 2 })\n;[3, 4].forEach(n => done({ n }))",
    )
    expect([found.value('a.n'), found.status]).toEqual(['1', 'success'])
    expect(found.json('a.console')).toHaveLength(1)
  })

  test('promises are waited for', async () => {
    const found = await run('const work = async () => { await null; return 7 }\nwork().then(r => done({ r }))')
    expect(found.value('a.r')).toBe('7')
  })

  test('no done at all: success, without a value', async () => {
    const found = await seen('const a = 1')
    expect([found.status, found.value('b.json')]).toEqual(['success', '{}'])
    expect(found.visits[1]?.values).toEqual({})
  })

  test('a promise that is rejected is an exception', async () => {
    const found = await run("(async () => { throw new Error('rejected') })()")
    expect([found.status, found.visits[1]?.status]).toEqual(['failed', 'failed'])
    expect(found.value('a.error')).toContain('rejected')
  })

  test("throw('text')", async () => {
    expect((await run("throw('just text')")).value('a.error')).toContain('just text')
  })

  test('v1: a value by return; without one it is an error; an exception says so', async () => {
    const v1 = (body: string) =>
      formulas.run({ engine: 'v1', steps: { a: step('script', { body, scriptEngine: 'v1' }) } })
    const returned = await v1('var x = []; for (var i = 0; i < 3; i++) { x.push(i) }\nundeclared = 1\nreturn { x: x }')
    expect([returned.status, returned.value('a.x')]).toEqual(['success', '[0,1,2]'])
    const nothing = await v1('var x = 1')
    expect(nothing.status).toBe('failed')
    expect(nothing.value('a.error')).toContain('The step did not return any values')
    const thrown = await v1("throw new Error('old trouble')")
    expect(thrown.value('a.error')).toContain('Script execution failed with message:')
    expect(thrown.value('a.error')).toContain('old trouble')
  })

  test('a change of config, steps or trigger is seen by later steps, and by nobody else', async () => {
    const found = await formulas.run(
      {
        config: { object: 'value' },
        steps: {
          a: script('config.found = []\ntrigger.args.touched = true\ndone({ list: [{ n: 1 }] })', 'b'),
          b: script(
            'config.found.push("b")\nsteps.a.list[0].n = 2\nsteps.a.list.push({ n: 3 })\ndelete trigger.args.gone\ndone()',
            'c',
          ),
          c: script('done({ found: config.found, list: steps.a.list, args: trigger.args })'),
        },
      },
      { configuration: { object: 'leads' }, args: { gone: 1, stays: 2 } },
    )
    expect(found.json('c.found')).toEqual(['b'])
    expect(found.json('c.list')).toEqual([{ n: 2 }, { n: 3 }])
    expect(found.json('c.args')).toEqual({ stays: 2, touched: true })
    const kept = await formulas.call('GET', `/formulas/instances/${found.instance.id}`)
    expect(kept.body.configuration).toEqual({ object: 'leads' })
    const again = await formulas.runAgain(found, {})
    expect(again.json('c.found')).toEqual(['b'])
  })

  test('two steps that hold one object see each other’s changes', async () => {
    const found = await formulas.run({
      steps: {
        a: script('done({ o: { n: 1 } })', 'b'),
        b: script('done({ same: steps.a.o })', 'c'),
        c: script('steps.a.o.n = 5\ndone()', 'd'),
        d: script('done({ a: steps.a.o.n })'),
      },
    })
    expect(found.value('d.a')).toBe('5')
  })

  test('01 §5: a script that does not end is stopped, in these words', async () => {
    const body = 'while (true) {}'
    const found = await formulas.run({ steps: { a: script(body, undefined, 'after'), after: script('done()') } })
    expect([storyOf(found.visits), found.status]).toEqual([['trigger:success', 'a:failed', 'after:success'], 'failed'])
    expect(found.value('a.error')).toContain('Script execution timed out')
  })
})

describe('31 §4.1: functions', () => {
  test('console.log of all kinds; kept out of the context', async () => {
    const found = await seen("console.log('one', 2, { three: 3 })\nconsole.log('second')\ndone({ x: 1 })")
    expect(found.json('a.console')).toHaveLength(2)
    expect(found.value('a.console')).toMatch(/one.*2.*three/)
    expect(found.value('b.json')).toBe('{"x":1}')
  })

  test('notify.email: the mail, and the value that tells of it', async () => {
    const found = await run(
      "notify.email('ann@example.test, bob@example.test', 'Grüße', '<b>Hello</b>')\nnotify.email('ann@example.test', 'no body')\ndone()",
    )
    expect(found.status).toBe('success')
    expect(found.json('a.notify')).toMatchObject([{ subject: 'Grüße' }, { subject: 'no body' }])
    const mails = await mailsTo('ann@example.test')
    expect(mails.map(({ subject }) => subject).toSorted()).toEqual(['Grüße', 'no body'])
    expect(mails.find(({ subject }) => subject === 'Grüße')?.to).toEqual(['ann@example.test', 'bob@example.test'])
  })

  test('notify.email to nobody is an error', async () => {
    const found = await run("notify.email('', 'subject', 'body')\ndone()")
    expect(found.status).toBe('failed')
    expect(found.value('a.error')).toMatch(/\S/)
  })

  test('require: lodash, lodash/fp, util, moment; nothing else', async () => {
    const found = await run(`const _ = require('lodash')
      const fp = require('lodash/fp')
      const moment = require('moment')
      const util = require('util')
      done({ chunk: _.chunk([1, 2, 3], 2), map: fp.map(n => n * 2)([1]), day: moment.utc('2020-02-29').add(1, 'year').format('YYYY-MM-DD'), text: util.format('%s!', 'x') })`)
    expect([found.value('a.chunk'), found.value('a.map'), found.value('a.day'), found.value('a.text')]).toEqual([
      ...['[[1,2],[3]]', '[2]', '2021-02-28', 'x!'],
    ])
    for (const name of ['fs', 'child_process', 'net', './x']) {
      const refused = await run(`require('${name}')\ndone()`)
      expect(refused.status, name).toBe('failed')
      expect(refused.value('a.error')).toContain(name)
    }
  })

  test('nothing of the process is in reach', async () => {
    const found = await run(`done({
      process: typeof process, global: typeof globalThis.process,
      escaped: (() => { try { return typeof this.constructor.constructor('return process')() } catch { return 'undefined' } })()
    })`)
    expect(found.visits[1]?.values).toEqual({
      'a.process': 'undefined',
      'a.global': 'undefined',
      'a.escaped': 'undefined',
    })
  })
})

test('31 §4.2: CE', async () => {
  const found = await run(`done({
    random: CE.randomString(), email: CE.randomEmail(), md5: CE.md5('Zoë'), b64: CE.b64('Zoë'), text: CE.decode64('Wm/Dqw=='),
    hmac: CE.hmac('sha256')('hex')('secret', 'text'), base64: CE.hmac('sha1')('base64')('secret', 'text'),
    sha1: CE.hmacSha1Hex('secret', 'text'), sha256: CE.hmacSha256Hex('secret', 'text'), hmacMd5: CE.hmacMd5Hex('secret', 'text'),
    upper: CE.hmacSha256Base64('secret', 'text'), lower: CE.hmacSha256base64('secret', 'text')
  })`)
  const hmac = (algorithm: string, encoding: 'hex' | 'base64') =>
    createHmac(algorithm, 'secret').update('text').digest(encoding)
  expect(found.status, found.value('a.error')).toBe('success')
  expect(found.visits[1]?.values).toMatchObject({
    'a.random': expect.stringMatching(/^\S{6,}$/),
    'a.email': expect.stringMatching(/^\S+@\S+\.\S+$/),
    'a.md5': createHash('md5').update('Zoë').digest('hex'),
    'a.b64': Buffer.from('Zoë').toString('base64'),
    'a.text': 'Zoë',
    'a.hmac': hmac('sha256', 'hex'),
    'a.base64': hmac('sha1', 'base64'),
    'a.sha1': hmac('sha1', 'hex'),
    'a.sha256': hmac('sha256', 'hex'),
    'a.hmacMd5': hmac('md5', 'hex'),
    'a.upper': hmac('sha256', 'base64'),
    'a.lower': hmac('sha256', 'base64'),
  })
})

test('31 §4.3: config by flat keys and by nested ones', async () => {
  const found = await run(
    "done({ flat: config['acton.instance.id'], nested: config.acton.instance.id, plain: config.object, loose: config.counter >= 3 })",
    { configuration: { 'acton.instance.id': '77', object: 'leads', counter: 5 } },
    { config: { 'acton.instance.id': 'value', object: 'value', counter: 'value' } },
  )
  expect(found.visits[1]?.values).toEqual({ 'a.flat': '77', 'a.nested': '77', 'a.plain': 'leads', 'a.loose': 'true' })
})
