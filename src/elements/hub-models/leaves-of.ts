import { isObject } from '../../model/is-object.ts'

const MAX_LEAVES = 1_000

/** Dotted paths of the members of a record that are no objects themselves; those of very wide records only in part. */
export function leavesOf(record: unknown): string[] {
  const leaves: string[] = []
  collect(record, '', leaves)
  return leaves
}

function collect(value: unknown, path: string, leaves: string[]): void {
  if (leaves.length >= MAX_LEAVES) return
  if (!isObject(value)) {
    if (path !== '') leaves.push(path)
    return
  }
  for (const [name, member] of Object.entries(value)) collect(member, path === '' ? name : `${path}.${name}`, leaves)
}
