import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Client as Database } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Client } from '../support/client.ts'
import { createTestDatabase } from '../support/database.ts'
import { embeddedFolder } from '../support/embedded-server.ts'
import { clientOf, type HubProcess, startHubProcess } from '../support/hub-process.ts'
import { provisionBody, startVendor, type Vendor } from '../support/vendor.ts'

/**
 * kill -9 at the worst moments: between the vendor's answer to a code and ours, and in a stream of writes. Afterwards
 * the database opens, what was acknowledged is there, and no instance is half made: each one that is there opens its
 * credentials and reaches the vendor.
 *
 * `VALENCE_CRASH_RUNS` sets the number of kills for each database (4), `VALENCE_CONTRACT_FIGURES=1` prints what was seen.
 */
const RUNS = Number(process.env['VALENCE_CRASH_RUNS'] ?? 4)
/** how long the vendor takes to exchange a code */
const EXCHANGE_MS = 60
/** when to kill, from the vendor's answer on */
const MOMENTS_MS = [0, 3, 'before the answer', 6, 1, 10, 4, 'before the answer', 2, 15] as const
const WRITERS = 4
const RUN_TIMEOUT_MS = 20_000

let vendor: Vendor
beforeAll(async () => {
  vendor = await startVendor()
})
afterAll(() => vendor.close())

/** What the clients know of one instance. */
interface Known {
  id: number
  token: string
  /** as last acknowledged */
  name: string
  /** sent, not acknowledged */
  attempt?: { name: string } | 'delete' | undefined
  isDeleted: boolean
}

interface World {
  known: Map<number, Known>
  /** names in `POST /instances` that nobody has acknowledged */
  unanswered: Set<string>
}

interface Figures {
  kills: number
  acknowledged: number
  /** unacknowledged instances that were complete after the restart, and those that never came to be */
  complete: number
  absent: number
  restartMs: number[]
}

/** Where the hub keeps its rows, and what else is killed with it. */
interface Place {
  env: Record<string, string>
  databaseUrl(): Promise<string>
  /** kills the database server as well, where that is ours to kill */
  killServer?(): Promise<void>
  remove(): Promise<void>
}

async function separatePlace(): Promise<Place> {
  const database = await createTestDatabase()
  const dataDir = await mkdtemp(join(tmpdir(), 'valence-crash-'))
  return {
    env: { DATABASE_URL: database.url, VALENCE_DATA_DIR: dataDir },
    databaseUrl: async () => database.url,
    async remove() {
      await database.drop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

async function embeddedPlace(): Promise<Place> {
  const folder = await embeddedFolder()
  return {
    env: { VALENCE_DATA_DIR: folder.dataDir },
    databaseUrl: folder.url,
    killServer: folder.killServer,
    remove: folder.remove,
  }
}

for (const { name, openPlace, ownsServer } of [
  { name: 'on a separate PostgreSQL', openPlace: separatePlace, ownsServer: false },
  { name: 'on the embedded PostgreSQL', openPlace: embeddedPlace, ownsServer: true },
]) {
  describe(`a hub ${name} is killed`, () => {
    let place: Place
    let hub: HubProcess | undefined
    let client: Client
    let attempts = 0
    const world: World = { known: new Map(), unanswered: new Set() }
    const figures: Figures = { kills: 0, acknowledged: 0, complete: 0, absent: 0, restartMs: [] }

    beforeAll(async () => {
      place = await openPlace()
      hub = await startHubProcess({ ...place.env, VALENCE_ORIGIN_MAP: vendor.originMap })
      client = await clientOf(hub)
    })
    afterAll(async () => {
      if (process.env['VALENCE_CONTRACT_FIGURES']) console.log(name, JSON.stringify(figures))
      const ending = await hub?.stop()
      await place.remove()
      expect(ending?.code).toBe(0)
    })

    const create = async () => {
      const instance = `instance ${++attempts}`
      world.unanswered.add(instance)
      const answer = await client.call('POST', '/instances', { body: await provisionBody(vendor, instance) })
      expect(answer.status, answer.text).toBe(200)
      world.unanswered.delete(instance)
      const { id, token } = answer.body
      world.known.set(id, { id, token, name: instance, isDeleted: false })
      figures.acknowledged++
    }

    for (let run = 0; run < RUNS; run++) {
      const isProvisioning = run % 2 === 0
      const moment = MOMENTS_MS[Math.floor(run / 2) % MOMENTS_MS.length] ?? 0
      const when = isProvisioning
        ? `around the exchange of a code (${typeof moment === 'number' ? `${moment} ms after the answer` : moment})`
        : 'in a stream of writes'
      const isWithServer = ownsServer && run % 4 > 1

      test(
        `${run + 1}: ${when}${isWithServer ? ', and the server with it' : ''}`,
        async () => {
          const strike = async () => {
            hub?.signal('SIGKILL')
            if (isWithServer) await place.killServer?.()
            await hub?.ended
            figures.kills++
          }
          if (isProvisioning) await killDuringExchange(create, moment, strike)
          else await killDuringWrites(client, world, figures, create, 40 + ((run * 137) % 700), strike)

          const began = performance.now()
          hub = await startHubProcess({ ...place.env, VALENCE_ORIGIN_MAP: vendor.originMap })
          figures.restartMs.push(Math.round(performance.now() - began))
          client = await clientOf(hub)
          await verify(client, await place.databaseUrl(), world, figures)
        },
        RUN_TIMEOUT_MS,
      )
    }
  })
}

async function killDuringExchange(
  create: () => Promise<void>,
  moment: (typeof MOMENTS_MS)[number],
  strike: () => Promise<void>,
): Promise<void> {
  vendor.simulator.addFault({ match: { path: '/oauth2/token' }, fault: `slow:${EXCHANGE_MS}` })
  const asked = vendor.nextRequest('/oauth2/token')
  const answered = vendor.nextTokenAnswer()
  const creating = create().catch(assertCutOff)
  if (moment === 'before the answer') {
    await asked
    await wait(EXCHANGE_MS / 2)
  } else {
    await answered
    if (moment > 0) await wait(moment)
  }
  await strike()
  await creating
}

/** Several clients create, rename, reconfigure and delete, each its own instances, until the connection breaks. */
async function killDuringWrites(
  client: Client,
  world: World,
  figures: Figures,
  create: () => Promise<void>,
  afterMs: number,
  strike: () => Promise<void>,
): Promise<void> {
  const write = async (writer: number) => {
    for (let turn = writer; ; turn++) {
      const own = [...world.known.values()].filter(({ id, isDeleted }) => id % WRITERS === writer && !isDeleted)
      const target = own[turn % Math.max(own.length, 1)]
      if (!target || turn % 4 === 0) await create()
      else if (turn % 4 === 3) await remove(target)
      else await rename(target, `${target.name.split('#')[0]}#${turn}`)
    }
  }
  const rename = async (target: Known, name: string) => {
    target.attempt = { name }
    const body = { name, ...(name.length % 2 === 0 ? { configuration: { 'pagination.max': '50' } } : {}) }
    const answer = await client.call('PATCH', `/instances/${target.id}`, { body })
    expect(answer.status, answer.text).toBe(200)
    Object.assign(target, { name, attempt: undefined })
    figures.acknowledged++
  }
  const remove = async (target: Known) => {
    target.attempt = 'delete'
    const answer = await client.call('DELETE', `/instances/${target.id}`)
    expect(answer.status, answer.text).toBe(200)
    Object.assign(target, { isDeleted: true, attempt: undefined })
    figures.acknowledged++
  }
  const writers = Array.from({ length: WRITERS }, (_, writer) => write(writer).catch(assertCutOff))
  await wait(afterMs)
  await strike()
  await Promise.all(writers)
}

/** The only failure that a client may see is that of its connection. */
function assertCutOff(error: unknown): void {
  const { code } = error as { code?: string }
  if (!['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'UND_ERR_SOCKET'].includes(code ?? '')) throw error
}

async function verify(client: Client, databaseUrl: string, world: World, figures: Figures): Promise<void> {
  const { live, halves } = await readRows(databaseUrl)
  expect(halves, 'rows without credentials, or deleted without an outcome').toEqual([])

  for (const id of live) {
    const { status, body, text } = await client.call('GET', `/instances/${id}`)
    expect(status, `instance ${id}: ${text}`).toBe(200)
    const call = await client.call('GET', '/hubs/crm/contacts?pageSize=1', { token: body.token })
    expect(call.status, `instance ${id}: ${call.text}`).toBe(200)
    const known = world.known.get(id)
    if (!known) {
      expect(world.unanswered, `instance ${id} that nobody asked for`).toContain(body.name)
      world.unanswered.delete(body.name)
      world.known.set(id, { id, token: body.token, name: body.name, isDeleted: false })
      figures.complete++
      continue
    }
    expect(known.isDeleted, `instance ${id} is back`).toBe(false)
    const names = [known.name, ...(typeof known.attempt === 'object' ? [known.attempt.name] : [])]
    expect(names).toContain(body.name)
    expect(body.token).toBe(known.token)
    Object.assign(known, { name: body.name, attempt: undefined })
  }

  figures.absent += world.unanswered.size
  world.unanswered.clear()
  for (const known of world.known.values()) {
    if (live.includes(known.id)) continue
    expect(known.isDeleted || known.attempt === 'delete', `instance ${known.id} is lost`).toBe(true)
    known.isDeleted = true
    expect((await client.call('GET', '/hubs/crm/ping', { token: known.token })).status).toBe(401)
    world.known.delete(known.id)
  }
}

/** The rows themselves: what is only half there, the API might not show. */
async function readRows(databaseUrl: string): Promise<{ live: number[]; halves: unknown[] }> {
  const database = new Database(databaseUrl)
  await database.connect()
  try {
    const { rows: live } = await database.query<{ id: number }>(
      'select id from instances where deleted_at is null order by id',
    )
    const { rows: halves } = await database.query(
      `select id, deleted_at, revocation from instances left join instance_credentials on instance_id = id
       where instance_id is null and (deleted_at is null or revocation is null or revocation->>'state' = 'pending')`,
    )
    return { live: live.map(({ id }) => id), halves }
  } finally {
    await database.end()
  }
}
