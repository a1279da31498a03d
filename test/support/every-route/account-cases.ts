import { anyone, own, type RouteCases } from './route-case.ts'

/** Sign-in, organizations, accounts, users, roles. */
export const ACCOUNT_CASES: RouteCases = {
  'POST /authentication': anyone({ body: { username: '{email}', password: 'not the password' }, status: 401 }),
  'GET /authentication/secrets': own(),
  'POST /authentication/passwords': own({ body: { password: 'Another-Passw0rd!' } }),
}
