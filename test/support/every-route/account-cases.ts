import { REQUIRED_FIELDS } from '../../../src/accounts/branding-fields.ts'
import { anyone, own, type RouteCases, row } from './route-case.ts'

const organization = { id: '{organization}' }
const account = { id: '{account}' }
const user = { emailOrId: '{user}' }
const NEW_USER = { email: 'written{serial}@example.com', firstName: 'Written', lastName: 'Written' }
const CHANGE = { lastName: 'Changed' }
const ROLE = { name: 'Written', description: 'written', privileges: [{ key: 'viewElements' }] }

const BRANDING = Object.fromEntries(
  REQUIRED_FIELDS.map((field) => [field, field.endsWith('Font') ? 'Open Sans' : '#0af']),
)

/** Sign-in, organizations, accounts, users, roles. */
export const ACCOUNT_CASES: RouteCases = {
  'POST /authentication': anyone({ body: { username: '{email}', password: 'ndl-password' }, status: 401 }),
  'GET /authentication/secrets': own(),
  'POST /authentication/passwords': own({ body: { password: 'Another-Passw0rd!' } }),
  'POST /authentication/passwords/reset': anyone({ body: { token: 'none', password: 'x' }, status: 401 }),
  'POST /users/:id/password-reset': row({ id: '{user}' }),
  'POST /authentication/two-factor': own(),
  'PUT /authentication/two-factor': own({ body: { code: 'none' }, status: 401 }),
  'DELETE /authentication/two-factor': own(),
  'DELETE /users/:id/two-factor': row({ id: '{user}' }, { status: 404 }),

  'DELETE /authentication': own({ status: 400 }),

  'GET /organizations/me': own(),
  'PUT /organizations/me': own({ body: { name: 'Written' } }),
  'PUT /organizations/me/secret': own({ endsCaller: true }),
  'PUT /users/:emailOrId/secret': row(user),
  'POST /organizations': own({ body: { name: 'Written' } }),
  'GET /organizations/:id/accounts': row(organization),
  'POST /organizations/:id/accounts': row(organization, { body: { externalId: 'written{serial}' } }),
  'GET /organizations/:id/accounts/:accountId': row({ ...organization, accountId: '{account}' }),
  'GET /customers/me': own(),
  'POST /customers/signup': own({ body: { organization: { name: 'Written' }, user: NEW_USER } }),
  'GET /customers/organizations': own(),
  'GET /customers/organizations/:id': row(organization),
  'DELETE /customers/organizations/:id': row({ id: '{spareOrganization}' }),

  'GET /accounts': own(),
  'POST /accounts': own({ body: { externalId: 'written{serial}', name: 'Written' } }),
  'GET /accounts/:id': row(account),
  'PUT /accounts/:id': row(account, { body: { description: 'written' } }),
  'PATCH /accounts/:id': row(account, { body: { description: 'written' } }),
  'DELETE /accounts/:id': row({ id: '{thirdAccount}' }),
  'GET /accounts/instances': own(),
  'GET /accounts/:id/instances': row(account),
  'GET /accounts/settings': own(),
  'PATCH /accounts/settings': own({ body: { 'written.key': 'x' } }),
  'GET /accounts/:id/settings': row(account),
  'POST /accounts/:id/settings': row(account, { body: { 'written.key': 'x' } }),
  'PATCH /accounts/:id/settings': row(account, { body: { 'written.key': 'x' } }),
  'GET /organizations/password-policies': own(),
  'PUT /organizations/password-policies': own({ body: { minLength: 9 } }),
  'DELETE /organizations/password-policies': own(),

  'GET /accounts/:id/users': row(account),
  'POST /accounts/:id/users': row(account, { body: NEW_USER }),
  'GET /accounts/:id/users/:emailOrId': row({ ...account, ...user }),
  'PUT /accounts/:id/users/:emailOrId': row({ ...account, ...user }, { body: CHANGE }),
  'PATCH /accounts/:id/users/:emailOrId': row({ ...account, ...user }, { body: CHANGE }),
  'GET /organizations/users': own(),
  'POST /organizations/users': own({ body: NEW_USER }),
  'GET /organizations/users/:emailOrId': row(user),
  'PUT /organizations/users/:emailOrId': row(user, { body: CHANGE }),
  'PATCH /organizations/users/:emailOrId': row(user, { body: CHANGE }),
  'GET /users': own(),
  'GET /users/:emailOrId': row(user),
  'PUT /users/:emailOrId': row(user, { body: CHANGE }),
  'PATCH /users/:emailOrId': row(user, { body: CHANGE }),
  'GET /users/:id/roles': row({ id: '{user}' }),
  'PUT /users/:id/roles/:key': row({ id: '{user}', key: 'admin' }),
  'DELETE /users/:id/roles/:key': row({ id: '{user}', key: 'admin' }),
  'DELETE /accounts/:id/users/:emailOrId': row({ ...account, emailOrId: '{user}' }),
  'DELETE /organizations/users/:emailOrId': row({ emailOrId: '{secondUser}' }),
  'DELETE /users/:emailOrId': row({ emailOrId: '{thirdUser}' }),

  'GET /accounts/:id/roles': row(account),
  'PUT /accounts/:id/roles/:key': row({ ...account, key: 'account' }),
  'DELETE /accounts/:id/roles/:key': row({ ...account, key: 'account' }),
  'PUT /organizations/branding': own({ body: BRANDING }),
  'GET /organizations/branding': own(),
  'PUT /organizations/branding/logo': own({ body: { no: 'image' }, status: 415 }),
  'PATCH /organizations/branding/logo': own({ body: { no: 'image' }, status: 415 }),
  'PUT /organizations/branding/favicon': own({ body: { no: 'image' }, status: 415 }),
  'PATCH /organizations/branding/favicon': own({ body: { no: 'image' }, status: 415 }),
  'GET /organizations/branding/images/:token': anyone({ params: { token: 'none' }, status: 404 }),
  'DELETE /organizations/branding/logo': own(),
  'DELETE /organizations/branding/favicon': own(),
  'DELETE /organizations/branding': own(),
  'GET /organizations/privileges': own(),
  'GET /organizations/roles': own(),
  'POST /organizations/roles': own({ body: { ...ROLE, key: 'written{serial}' } }),
  'PUT /organizations/roles': row({}, { body: [{ id: '{#role}', privileges: [{ key: 'viewElements' }] }] }),
  'PUT /organizations/roles/:id': row({ id: '{role}' }, { body: { privileges: [] } }),
  'PUT /organizations/roles/reset': own(),
  'DELETE /organizations/roles/:id': row({ id: '{role}' }),
}
