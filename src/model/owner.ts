/** Whose something is: the user who made it, and where he belongs. */
export interface Owner {
  organizationId: number
  accountId: number
  userId: number
}
