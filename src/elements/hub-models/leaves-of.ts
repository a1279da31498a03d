import { isObject } from '../../model/is-object.ts'

const MAX_LEAVES = 1_000
/** Names of one's own make a thousand paths out of one body, each as long as the body. */
const MAX_PATH_LENGTH = 500

/**
 * Dotted paths of the members of a record that are no objects themselves; those of very wide records only in part, and those of
 * very long names only as far.
 */
export function leavesOf(record: unknown): string[] {
  const leaves: string[] = []
  collect(record, '', leaves)
  return leaves
}

function collect(value: unknown, path: string, leaves: string[]): void {
  if (leaves.length >= MAX_LEAVES) return
  if (!isObject(value) || path.length > MAX_PATH_LENGTH) {
    if (path !== '') leaves.push(path.slice(0, MAX_PATH_LENGTH))
    return
  }
  for (const [name, member] of Object.entries(value)) collect(member, path === '' ? name : `${path}.${name}`, leaves)
}
