import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AccountsTables } from '../../src/accounts/accounts-table.ts'
import { declaredRoutes } from '../../src/http/list-routes.ts'
import { everyRoute, outerRoutes } from '../support/every-route/cases.ts'
import { makeForeigner, type Somebody } from '../support/every-route/personas.ts'
import { makeRows, type Rows, SECRET_ROWS } from '../support/every-route/rows.ts'
import { type Exchange, exchange } from '../support/fuzz/exchange.ts'
import { complaintsOf, type Forbidden } from '../support/fuzz/judge.ts'
import { type OddRequest, oddRequest } from '../support/fuzz/odd-request.ts'
import { bytesOf, isUnfinished } from '../support/fuzz/send-odd.ts'
import { startTestHub, type TestHub } from '../support/hub.ts'

/**
 * Malformed requests to every route, most of them from an administrator, so that they get past the door. Whatever comes, the hub answers
 * soon, in the one shape of errors, without 5xx, and gives nothing away. The same seed makes the same requests:
 *
 *   FUZZ_RUNS=200000 FUZZ_SEED=7 npx vitest run test/contracts/fuzz.test.ts
 *
 * FUZZ_ONLY=1234 sends only the request of that number.
 */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 10_000)
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_260_401)
const ONLY = process.env['FUZZ_ONLY']
const BATCH = 200
/** so many requests later, most rows have been changed or deleted */
const FRESH_ROWS_AFTER = 2_000
/** of a request alone */
const SLOW_MS = 2_000
const SLOW_WORKER_MS = 10_000
const ATTEMPTS_ALONE = 3
const GIVEN_UP_MS = 30_000
const SHOWN_FAILURES = 60

interface Failure {
  number: number
  complaints: string[]
  request: OddRequest
  answer: string
}

let hub: TestHub
const unexpected: string[] = []
const unhandled: unknown[] = []
const noteUnhandled = (error: unknown) => unhandled.push(error)

beforeAll(async () => {
  const log = pino({ level: 'error' }, { write: (line: string) => unexpected.push(line) })
  hub = await startTestHub({}, { log })
  process.on('unhandledRejection', noteUnhandled)
})
afterAll(async () => {
  process.off('unhandledRejection', noteUnhandled)
  await hub.close()
})

test(`${RUNS} malformed requests, seed ${SEED}`, { timeout: Math.max(120_000, RUNS * 20) }, async () => {
  const requests = await requestArbitrary()
  const foreigner = await makeForeigner(hub)
  await makeRows(hub, { ...foreigner, needle: 'ndl-foreign', label: 'foreign', secondAccount: foreigner.accountId })
  const tally = new Map<string, number>()
  const failures: Failure[] = []
  const slow: number[] = []
  let [slowest, slowestAlone] = [0, 0]
  let actor = await makeActor()
  const start = performance.now()

  for (let first = 0; first < RUNS; first += BATCH) {
    const numbers = Array.from({ length: Math.min(BATCH, RUNS - first) }, (_, at) => first + at)
    const made = fc.sample(requests, { numRuns: numbers.length, seed: SEED + first })
    if (first % FRESH_ROWS_AFTER === 0 || !(await actor.isAlive())) actor = await makeActor()
    const wanted = ONLY === undefined ? numbers : numbers.filter((number) => number === Number(ONLY))
    const sent = await Promise.all(wanted.map(async (number) => judge(number, made[number - first] as OddRequest)))
    failures.push(...sent.flat())
    // what took long among two hundred others, or while the machine was busy, may be quick alone
    for (const number of slow.splice(0))
      failures.push(...(await judgeAlone(number, made[number - first] as OddRequest)))
  }
  const seconds = (performance.now() - start) / 1000
  console.log(
    `${RUNS} requests in ${seconds.toFixed(1)} s, seed ${SEED}, slowest ${slowest.toFixed(0)} ms (alone ${slowestAlone.toFixed(0)}); answers: ` +
      [...tally]
        .toSorted(([a], [b]) => a.localeCompare(b))
        .map(([status, count]) => `${status} × ${count}`)
        .join(', '),
  )

  for (const one of failures.slice(0, SHOWN_FAILURES)) console.log(describe(one))
  expect(failures.length, 'requests with complaints').toBe(0)
  expect(unexpected).toEqual([])
  expect(unhandled).toEqual([])

  async function judgeAlone(number: number, request: OddRequest): Promise<Failure[]> {
    for (let attempt = 1; ; attempt++) {
      const found = await judge(number, request, true)
      if (found.length === 0 || attempt === ATTEMPTS_ALONE) return found
    }
  }

  async function judge(number: number, request: OddRequest, isAlone = false): Promise<Failure[]> {
    const got = await send(request, actor.rows)
    for (const { status } of got.answers) tally.set(String(status), (tally.get(String(status)) ?? 0) + 1)
    if (got.answers.length === 0) tally.set('none', (tally.get('none') ?? 0) + 1)
    if (isAlone) slowestAlone = Math.max(slowestAlone, got.ms)
    else slowest = Math.max(slowest, got.ms)
    const isToRepeat = !isAlone && (got.timedOut || got.answers.some(gotInTheWay))
    if (isToRepeat || (!isAlone && got.ms > SLOW_MS)) slow.push(number)
    if (isToRepeat) return []
    const complaints = complaintsOf(request, got, actor.forbidden)
    if (isAlone && got.ms > (request.slow ? SLOW_WORKER_MS : SLOW_MS)) complaints.push(`took ${got.ms.toFixed(0)} ms`)
    if (complaints.length === 0) return []
    return [{ number, complaints, request, answer: got.answers.map(({ head, body }) => `${head}\n${body}`).join('\n') }]
  }
})

/** Of two changes of the same rows that wait for each other the database gives up one, whose caller is to try again. */
function gotInTheWay({ status, body }: Exchange['answers'][number]): boolean {
  return status === 503 && body.includes('got in the way of each other')
}

function send(request: OddRequest, rows: Rows): Promise<Exchange> {
  const ending = isUnfinished(request) ? { endAfterMs: 100 } : {}
  return exchange(new URL(hub.hub.url), bytesOf(request, rows), request.method, { ...ending, timeoutMs: GIVEN_UP_MS })
}

/** Any route, as often as any other; seldom one after which the caller is nobody for the rest of its batch. */
async function requestArbitrary(): Promise<fc.Arbitrary<OddRequest>> {
  const schemas = new Map((await declaredRoutes()).map(({ method, url, schema }) => [`${method} ${url}`, schema]))
  const routes = [...(await everyRoute()), ...(await outerRoutes())]
  return fc.oneof(
    ...routes.map((route) => {
      const { body, querystring } = schemas.get(`${route.method} ${route.url}`) ?? {}
      const arbitrary = oddRequest(route, { body: namesIn(body), query: namesIn(querystring) })
      return { arbitrary, weight: route.case.endsCaller ? 1 : 20 }
    }),
  )
}

function namesIn(schema: unknown): string[] {
  return Object.keys((schema as { properties?: object } | undefined)?.properties ?? {})
}

/** An administrator with rows of every kind, whom the requests may well deprive of both. */
async function makeActor() {
  const person: Somebody = await makeForeigner(hub)
  const grant = { user_id: person.userId, role_key: 'customer-admin' }
  await hub.hub.store.db.withTables<AccountsTables>().insertInto('user_roles').values(grant).execute()
  const needle = `own-${person.accountId}`
  const owner = { ...person, needle, label: `own${person.accountId}`, secondAccount: person.accountId }
  const rows = await makeRows(hub, owner)
  const forbidden: Forbidden = {
    everywhere: ['ndl-foreign', 'ndl-password', 'test-secret', `${needle}-secret`, `${needle}-appsecret`],
    own: SECRET_ROWS.map((name) => rows[name] ?? ''),
  }
  return {
    rows: { ...rows, bearer: await issueBearer(person.userId) },
    forbidden,
    async isAlive() {
      const { authorization } = person
      return (await hub.call('GET', '/authentication/secrets', { authorization })).status === 200
    },
  }
}

/** A login token, as a sign-in would store it. */
async function issueBearer(userId: number): Promise<string> {
  const { db, cipher } = hub.hub.store
  const token = randomBytes(32).toString('base64url')
  const row = { user_id: userId, token_lookup: cipher.lookup(token), expires_at: new Date(Date.now() + 3_600_000) }
  await db.withTables<AccountsTables>().insertInto('login_tokens').values(row).execute()
  return token
}

function describe({ number, complaints, request, answer }: Failure): string {
  const { method, target, headers, body, framing, route } = request
  const text = body === undefined ? '' : 'text' in body ? body.text : body.bytes
  return [
    `#${number} ${complaints.join('; ')}    (began as ${route}, body: ${framing})`,
    `> ${method} ${clip(target)}`,
    ...headers.map((line) => `> ${clip(line)}`),
    `> ${clip(JSON.stringify(text))}`,
    ...answer.split('\n').map((line) => `< ${clip(line)}`),
    ...loggedOf(answer),
  ].join('\n')
}

/** Where our own failure came from, as the log has it under the request id of the answer. */
function loggedOf(answer: string): string[] {
  const [, requestId] = /^elements-request-id: (\w+)/m.exec(answer) ?? []
  return unexpected.flatMap((line) => {
    const { requestId: logged, err = {} } = JSON.parse(line) as { requestId?: string; err?: Record<string, string> }
    if (logged !== requestId) return []
    const own = (err['stack'] ?? '').split('\n').filter((one) => one.includes('/src/'))
    return [err['message'] ?? line, ...(err['detail'] ?? '').split('\n'), ...own]
  })
}

function clip(text: string): string {
  return text.length > 600 ? `${text.slice(0, 600)}… (${text.length})` : text
}
