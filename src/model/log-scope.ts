/** Whose records of a log somebody may see; every row of a log names organization, account and user. */
export interface LogScope {
  organizationId: number
  /** absent: all accounts of the organization */
  accountIds?: readonly number[]
  /** absent: whoever's */
  userId?: number
}
