import type { Rule } from '../../accounts/operations.ts'

const SECRETS =
  'Secrets of a user and of an organization as `GET /authentication/secrets` answers them, separated by commas, in any order: '

/** How calls are signed (spec 00 §2.1). One header holds all of it, so each combination is a scheme. */
export const SECURITY_SCHEMES = {
  secrets: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description: `${SECRETS}\`User <userSecret>, Organization <organizationSecret>\``,
  },
  secretsAndElement: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description: `${SECRETS}\`User <userSecret>, Organization <organizationSecret>, Element <token of the instance>\``,
  },
  bearer: { type: 'http', scheme: 'bearer', description: 'The token that `POST /authentication` answers' },
} as const

/** Requirements of a route: any one of the list; an empty one is nobody. */
export function securityOf({ tenant }: Rule, ofInstance: boolean): Record<string, never[]>[] {
  if (tenant === 'public') return []
  if (ofInstance || tenant === 'instance') return [{ secretsAndElement: [] }]
  const signedIn: Record<string, never[]>[] = [{ secrets: [] }, { bearer: [] }]
  return tenant === 'catalog' ? [{}, ...signedIn] : signedIn
}
