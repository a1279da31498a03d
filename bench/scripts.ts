/**
 * `npm run bench:scripts`: what a user script costs, the hop to its process included. Each script is called at a
 * steady pace, then as fast as one caller can. Then scripts of steps of formulas, as executions of one account side by side
 * have them run. See README.md beside this file.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createSandbox } from '../src/sandbox/create-sandbox.ts'
import type { Sandbox, ScriptCall, StepScript } from '../src/sandbox/sandbox.ts'
import { quantile } from './statistics.ts'

const PACE_MS = 5
const WARM_UP = 300
const GOAL_P50_MS = 1

const records = Array.from({ length: 200 }, (_, id) => ({
  id,
  name: `Contact ${id}`,
  email: `contact.${id}@example.com`,
  status: id % 3 === 0 ? 'active' : 'lead',
  tags: ['fair', 'spring'],
  address: { street: 'Long Lane 1', city: 'Leeds', zip: 'LS1 4AB' },
  created_at: '2024-05-01T10:00:00Z',
}))

const headerHook = `
request_vendor_headers['Authorization'] = 'Basic ' + CE.b64(configuration.username + ':' + configuration.password);
done({ request_vendor_headers: request_vendor_headers });`

const headerVariables = {
  request_method: 'GET',
  request_path: '/hubs/crm/contacts',
  request_parameters: { pageSize: '25' },
  request_vendor_headers: { accept: 'application/json', 'user-agent': 'valence' },
  configuration: { username: 'ada', password: 'secret', 'base.url': 'https://api.example.com' },
}

const SCRIPTS: readonly [name: string, body: string, variables: ScriptCall['variables']][] = [
  ['empty', '', {}],
  ['header hook', headerHook, headerVariables],
  [
    'map of 200 records',
    'done({ response_body: response_body.map((r) => ({ key: r.id, title: r.name, city: r.address.city, ...r })) })',
    { response_body: records },
  ],
  ['lodash', 'const _ = require("lodash"); done({ request_vendor_body: _.pick({ a: 1, b: 2 }, ["a"]) })', {}],
]

const order = { id: 7, total: 120, lines: records.slice(0, 5) }
const STEPS: readonly [name: string, step: Pick<StepScript, 'body' | 'steps'>][] = [
  ['filter', { body: 'done(steps.order.total > 100)', steps: { order } }],
  [
    'accumulate',
    {
      body: 'const list = steps.collect ? steps.collect.list : []; list.push(steps.each.entry.id); done({ list })',
      steps: {
        collect: { list: records.map(({ id }) => id) },
        each: { index: 3, entry: records[3] },
        all: { records },
      },
    },
  ],
  [
    'map of 200 records',
    {
      body: 'done({ rows: steps.all.records.map((r) => ({ key: r.id, title: r.name })) })',
      steps: { all: { records } },
    },
  ],
]
/** executions of one account that are at a script */
const SIDE_BY_SIDE = 4
const GOAL_STEPS = 2_500

const { values } = parseArgs({ options: { calls: { type: 'string', default: '1000' } } })
const calls = Number(values.calls)
if (!Number.isSafeInteger(calls) || calls < 1)
  throw new Error(`--calls: expected a whole number, got "${values.calls}"`)

await using sandbox = withDisposal(
  createSandbox({ runners: 2, http: () => Promise.reject(new Error('not in a bench')), log: console }),
)
console.log(`Node ${process.version}; ${calls} calls of each script, one every ${PACE_MS} ms, then without pause`)
console.log(`${''.padEnd(20)}${cells(['p50 ms', 'p99 ms', 'p50, no pause', 'calls/s'])}`)
for (const [name, body, variables] of SCRIPTS) {
  const call = { owner: 'account 1', label: name, body, isLegacy: false, variables }
  await repeat(sandbox, call, WARM_UP, 0)
  const paced = await repeat(sandbox, call, calls, PACE_MS)
  const began = performance.now()
  const dense = await repeat(sandbox, call, calls, 0)
  const rate = (calls / (performance.now() - began)) * 1000
  const [p50, p99] = [quantile(paced, 0.5), quantile(paced, 0.99)]
  console.log(
    name.padEnd(20) + cells([p50.toFixed(2), p99.toFixed(2), quantile(dense, 0.5).toFixed(2), rate.toFixed(0)]),
  )
  if (name === 'header hook') {
    console.log(`${''.padEnd(20)}${p50 < GOAL_P50_MS ? 'meets' : 'misses'} the goal: p50 below ${GOAL_P50_MS} ms`)
  }
}

console.log(`\nscripts of steps, ${SIDE_BY_SIDE} side by side`)
console.log(`${''.padEnd(20)}${cells(['p50 ms', 'p99 ms', 'steps/s'])}`)
for (const [name, step] of STEPS) {
  const call = { owner: 'account 1', label: name, form: 'done', config: {}, trigger: {}, info: {}, ...step } as const
  await repeatSteps(sandbox, call, WARM_UP)
  const began = performance.now()
  const durations = await repeatSteps(sandbox, call, calls * SIDE_BY_SIDE)
  const rate = (calls * SIDE_BY_SIDE * 1000) / (performance.now() - began)
  console.log(
    name.padEnd(20) +
      cells([quantile(durations, 0.5).toFixed(2), quantile(durations, 0.99).toFixed(2), rate.toFixed(0)]),
  )
  if (name === 'filter')
    console.log(`${''.padEnd(20)}${rate >= GOAL_STEPS ? 'meets' : 'misses'} the goal: ${GOAL_STEPS}/s`)
}

async function repeatSteps(target: Sandbox, call: StepScript, times: number): Promise<number[]> {
  const durations: number[] = []
  let begun = 0
  const work = async () => {
    while (begun++ < times) {
      const began = performance.now()
      const { error } = await target.runStep(call)
      if (error !== undefined) throw new Error(error)
      durations.push(performance.now() - began)
    }
  }
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work))
  return durations
}

/** @returns duration of each call in ms */
async function repeat(target: Sandbox, call: ScriptCall, times: number, paceMs: number): Promise<number[]> {
  const durations: number[] = []
  for (let at = 0; at < times; at++) {
    const began = performance.now()
    await target.run(call)
    const took = performance.now() - began
    durations.push(took)
    if (paceMs > took) await pause(paceMs - took)
  }
  return durations
}

function withDisposal(made: Sandbox): Sandbox & AsyncDisposable {
  return { ...made, [Symbol.asyncDispose]: () => made.close() }
}

function cells(texts: readonly string[]): string {
  return texts.map((text) => text.padStart(15)).join('')
}
