import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSandbox } from '../../../src/sandbox/create-sandbox.ts'
import type { Sandbox, ScriptHttpReply, ScriptHttpRequest } from '../../../src/sandbox/sandbox.ts'
import { type EngineCase, elementOfCase, loadCases, mappingsOfCase, type Round } from './engine-case.ts'
import { type RoundOutcome, runRound } from './run-round.ts'
import { saidByCase, saidByEngine } from './sent-request.ts'

/** The element format as cases (`cases/`, their shape: `engine-case.ts`), each through the engine and a real sandbox. */
const cases = await loadCases()

let sandbox: Sandbox
let scriptHttp: EngineCase['scriptHttp']
beforeAll(() => {
  sandbox = createSandbox({ runners: 1, http: answerScript, log: pino({ level: 'silent' }) })
})
afterAll(() => sandbox.close())

async function answerScript({ method, url }: ScriptHttpRequest): Promise<ScriptHttpReply> {
  const step = scriptHttp?.find(({ request }) => request.method === method && request.url === url)
  if (!step) throw new Error(`no case answers ${method} ${url}`)
  const { status, headers = { 'content-type': 'application/json' }, body } = step.reply
  return { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) }
}

describe('the element format', () => {
  for (const [file, golden] of cases) {
    test(`${file}: ${golden.fact}`, async () => {
      scriptHttp = golden.scriptHttp
      const element = elementOfCase(golden.element)
      const mappings = mappingsOfCase(golden)
      const configuration: Record<string, string | null> = {}
      let token: string | undefined
      for (const round of [golden, ...(golden.then ?? [])]) {
        Object.assign(configuration, round.configuration)
        const outcome = await runRound(element, mappings, configuration, round, token, sandbox)
        await expectRound(round, outcome)
        Object.assign(configuration, outcome.saved)
        token = outcome.reply?.headers['elements-next-page-token']
      }
    })
  }
})

async function expectRound(round: Round, outcome: RoundOutcome): Promise<void> {
  const steps = round.vendor
  if (steps !== 'any') {
    const sent = await Promise.all(
      outcome.requests.map((request, index) => saidByEngine(request, steps[index]?.request)),
    )
    expect(sent, String(outcome.error)).toEqual(steps.map(({ request }) => saidByCase(request)))
  }
  if (round.error) expectError(round.error, outcome)
  else expect(outcome.error, String(outcome.error)).toBeUndefined()
  if (round.reply) expectReply(round.reply, outcome)
  expect(outcome.saved).toEqual(round.saved ?? {})
}

function expectError(expected: NonNullable<Round['error']>, { error, reply }: RoundOutcome): void {
  expect(error, `answered ${JSON.stringify(reply)}`).toBeDefined()
  const { status, message = '', providerMessage } = error ?? {}
  expect(status, message).toBe(expected.status)
  if (expected.message !== undefined) expect(message).toBe(expected.message)
  if (expected.providerMessage !== undefined) expect(providerMessage).toBe(expected.providerMessage)
  expect(error?.headers).toMatchObject(expected.headers ?? {})
  for (const part of expected.messageHas ?? []) expect(message).toContain(part)
  for (const part of expected.textHas ?? []) expect(`${message}\n${providerMessage}`).toContain(part)
}

const TRANSPORT = ['content-type', 'content-length']

function expectReply(expected: NonNullable<Round['reply']>, { reply }: RoundOutcome): void {
  expect(reply?.status).toBe(expected.status)
  const wanted = expected.headers ?? {}
  // the door writes these unless the answer passes through
  const may = new Set([...(expected.headersMay ?? []), ...TRANSPORT.filter((name) => !(name in wanted))])
  const headers = Object.entries(reply?.headers ?? {}).filter(([name]) => !may.has(name))
  expect(Object.fromEntries(headers)).toEqual(matching(wanted))
  expect(reply?.body).toEqual(expected.body)
}

function matching(headers: Record<string, string>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      /^<(token|text)>$/.test(value) ? expect.stringMatching(/./) : value,
    ]),
  )
}
