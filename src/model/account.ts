/** Who is asking: one user of one account of one organization (spec 50 §1). */
export interface Caller {
  userId: number
  accountId: number
  organizationId: number
  organizationAdmin: boolean
  email: string
  firstName: string
  lastName: string
}

/** What the Authorization header carried (spec 00 §2.1); secrets as sent. */
export interface Credentials {
  user?: string
  organization?: string
  element?: string
  bearer?: string
}
