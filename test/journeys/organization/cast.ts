import { afterAll, beforeAll, expect } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { type Answer, startTestHub, type TestHub } from '../../support/hub.ts'
import {
  type Account,
  type Ask,
  meetPeople,
  type Organization,
  PASSWORD,
  type People,
  type Person,
} from '../../support/people.ts'

/**
 * The stage of this journey: a second organization on a hub, signed up by the first, with accounts and users of every
 * role. All of it is made over HTTP, as an integrator's own program would.
 */
export interface Stage {
  hub: TestHub
  people: People
  globex: Organization
  /** another organization, which must never be seen or touched */
  initech: Organization
  /** accounts of Globex beside its default account */
  east: Account
  west: Account
  cast: Record<Who, Person>
}

/** Who asks; all but the last two belong to Globex. */
export type Who =
  | 'admin' // of the organization: signed up with it
  | 'accountAdmin' // of the account East
  | 'office' // without a role, in the default account
  | 'easterner' // without a role, in East
  | 'westerner' // without a role, in West
  | 'stranger' // organization administrator of Initech
  | 'host' // the hub's first administrator

/** Sets the stage for the tests of one file; what it returns is there when they run. */
export function useStage() {
  const stage = {} as Stage
  beforeAll(async () => {
    Object.assign(stage, await setStage())
  })
  afterAll(() => stage.hub.close())

  const as = (who: Who): Ask => stage.people.as(stage.cast[who])
  return {
    stage,
    as,
    /** A refusal says what went wrong without showing what it protects. */
    expectRefused(answer: Answer, ...statuses: number[]): Answer {
      expectError(answer, ...statuses)
      for (const { secret } of Object.values(stage.cast)) expect(answer.text).not.toContain(secret)
      return answer
    },
    /** keys of the roles that somebody effectively has */
    async roleKeys({ id }: { id: number }): Promise<string[]> {
      return keysOf(expectOk(await as('admin')('GET', `/users/${id}/roles`)).body)
    },
  }
}

async function setStage(): Promise<Stage> {
  const hub = await startTestHub()
  const people = await meetPeople(hub)
  const [globex, initech] = [await people.signUp('Globex'), await people.signUp('Initech')]
  const { admin } = globex
  const [east, west] = [await people.addAccount(admin, 'East'), await people.addAccount(admin, 'West')]
  const cast = {
    admin,
    accountAdmin: await people.addUser(admin, east.id, { roles: [{ key: 'admin' }], password: PASSWORD }),
    office: await people.addUser(admin, globex.defaultAccount.id),
    easterner: await people.addUser(admin, east.id, { password: PASSWORD }),
    westerner: await people.addUser(admin, west.id),
    stranger: initech.admin,
    host: people.first,
  }
  return { hub, people, globex, initech, east, west, cast }
}

/** "2019-04-02" (spec 00 §13) */
export const DATE = /^\d{4}-\d\d-\d\d$/
/** of a user: 32 bytes in base64 (spec 50 §5) */
export const SECRET = /^[A-Za-z0-9+/]{43}=$/

export function today(): string {
  return new Date().toISOString().slice(0, 10)
}

export function keysOf(rows: readonly { key: string }[]): string[] {
  return rows.map(({ key }) => key).sort()
}

/** Ids of a list; one that says by 404 that it is empty has none. */
export function idsOf(answer: Answer): number[] {
  return answer.status === 404 ? [] : expectOk(answer).body.map(({ id }: { id: number }) => id)
}
