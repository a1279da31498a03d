import type { AccountsTables } from '../../../src/accounts/accounts-table.ts'
import { newUserSecret, secretColumns } from '../../../src/accounts/secrets.ts'
import { nextId } from '../../../src/store/next-id.ts'
import { addOrganization, addPerson, organizationSecretOf, type Person } from '../../journeys/people.ts'
import { ADMIN, type TestHub } from '../hub.ts'

/** Who stands before the walls of organization A; its owner is the administrator of the first start. */
export interface Personas {
  owner: Somebody
  /** administrator of a second account of A */
  second: Somebody
  /** of the owner's account, with a role that allows nothing */
  nobody: Somebody
  /** administrator of another organization */
  foreigner: Somebody
}

export interface Somebody extends Person {
  userId: number
  email: string
}

let made = 0

export async function makePersonas(hub: TestHub): Promise<Personas> {
  const owner = await ownerOf(hub)
  return {
    owner,
    second: await makeSecond(hub, owner),
    nobody: await makeNobody(hub, owner),
    foreigner: await makeForeigner(hub),
  }
}

async function ownerOf(hub: TestHub): Promise<Somebody> {
  const { authorization } = hub
  return withUser(hub, { authorization, userOnly: authorization.split(',', 1)[0] ?? '' }, ['email', ADMIN.email])
}

export async function makeForeigner(hub: TestHub): Promise<Somebody> {
  const person = await addOrganization(hub.hub.store, `Foreigner ${++made}`)
  return withUser(hub, person, ['account_id', person.accountId])
}

export async function makeSecond(hub: TestHub, owner: Person): Promise<Somebody> {
  const person = await addPerson(hub.hub.store, { ...organizationOf(owner), name: `Second ${++made}` })
  const db = hub.hub.store.db.withTables<AccountsTables>()
  await db.insertInto('account_roles').values({ account_id: person.accountId, role_key: 'admin' }).execute()
  return withUser(hub, person, ['account_id', person.accountId])
}

export async function makeNobody(hub: TestHub, owner: Person): Promise<Somebody> {
  const { store } = hub.hub
  const db = store.db.withTables<AccountsTables>()
  const { organizationId, organizationSecret } = organizationOf(owner)
  const role = { organization_id: organizationId, key: 'nothing', name: 'Nothing', privileges: [] }
  await db
    .insertInto('roles')
    .values(role)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const [id, secret] = [await nextId(db, 'users'), newUserSecret()]
  const row = { organization_id: organizationId, account_id: owner.accountId, first_name: 'No', last_name: 'Body' }
  await db
    .insertInto('users')
    .values({ id, ...row, email: `nobody-${++made}@example.com`, ...secretColumns(store.cipher, 'users', id, secret) })
    .execute()
  await db.insertInto('user_roles').values({ user_id: id, role_key: 'nothing' }).execute()
  const authorization = `User ${secret}, Organization ${organizationSecret}`
  return withUser(hub, { authorization, userOnly: `User ${secret}` }, ['id', id])
}

type Secrets = Pick<Person, 'authorization' | 'userOnly'>

async function withUser({ hub }: TestHub, secrets: Secrets, by: ['id' | 'account_id' | 'email', string | number]) {
  const db = hub.store.db.withTables<AccountsTables>()
  const user = await db.selectFrom('users').selectAll().where(by[0], '=', by[1]).executeTakeFirstOrThrow()
  const { id: userId, email, account_id: accountId, organization_id: organizationId } = user
  return { ...secrets, userId, email, accountId, organizationId }
}

function organizationOf({ organizationId, authorization }: Person) {
  return { organizationId, organizationSecret: organizationSecretOf(authorization) }
}
