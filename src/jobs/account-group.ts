/** Group of a wake (`Wake.group`): the work of one account, in all processes, has its share of the slots and no more. */
export function accountGroup(accountId: number): string {
  return `account:${accountId}`
}
