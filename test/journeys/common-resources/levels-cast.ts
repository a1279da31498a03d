import { expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { type Ask, meetPeople, type Organization, type People, type Person } from '../../support/people.ts'

/** An organization with two accounts, and whoever works in them. */
export interface Cast {
  hub: TestHub
  people: People
  organization: Organization
  /** administrator of the organization, in its default account */
  owner: Ask
  /** of the default account, with the privileges everybody has */
  user: Ask
  /** administrator of the second account */
  admin: Ask
  /** of the second account */
  clerk: Ask
  clerkPerson: Person
  /** administrator of another organization */
  foreigner: Ask
  second: { id: number }
  /** Base CRM of the default account */
  instance: { id: number; token: string }
  /** Base CRM of the second account */
  secondInstance: { id: number; token: string }
  close(): Promise<void>
}

export async function meetCast(): Promise<Cast> {
  const hub = await startTestHub()
  const people = await meetPeople(hub)
  const organization = await people.signUp('Partners')
  const second = await people.addAccount(organization.admin, 'Second')
  const user = await people.addUser(organization.admin, organization.defaultAccount.id)
  const admin = await people.addUser(organization.admin, second.id)
  expectOk(await people.as(organization.admin)('PUT', `/users/${admin.id}/roles/admin`))
  const clerk = await people.addUser(organization.admin, second.id)
  const foreigner = await people.signUp('Foreigner')
  return {
    hub,
    people,
    organization,
    owner: people.as(organization.admin),
    user: people.as(user),
    admin: people.as(admin),
    clerk: people.as(clerk),
    clerkPerson: clerk,
    foreigner: people.as(foreigner.admin),
    second,
    instance: await people.provision(organization.admin, 'Default'),
    secondInstance: await people.provision(clerk, 'Second'),
    close: () => hub.close(),
  }
}
