import type { Arrival } from './receiver.ts'

export interface Verdict {
  /** promises that were broken; none is what we want */
  violations: string[]
  /** events of which more than one attempt was taken */
  takenAgain: number
  /** acknowledged ones that nobody took (yet) */
  missing: number
}

/**
 * What was promised, against what arrived:
 * - every acknowledged webhook was taken at least once;
 * - every delivery of one webhook has the same `message.eventId`, and no other webhook has it;
 * - for each instance the first arrivals of acknowledged webhooks are in the order in which they were acknowledged. Every arrival
 *   counts, also one that the receiver answered with an error. Of webhooks whose connection broke nobody knows when they were
 *   received; their order is not judged. There are no other exceptions.
 */
export function judge(acknowledged: ReadonlyMap<number, readonly number[]>, arrivals: readonly Arrival[]): Verdict {
  const violations: string[] = []
  const ids = new Map<string, string>()
  const names = new Map<string, string>()
  const taken = new Map<string, number>()
  const firsts = new Map<number, number[]>()
  for (const { instanceId, sequence, eventId, answer } of arrivals) {
    const name = nameOf(instanceId, sequence)
    const known = ids.get(name)
    if (known === undefined) listOf(firsts, instanceId).push(sequence)
    else if (known !== eventId) violations.push(`${name} came as ${known} and as ${eventId}`)
    const other = names.get(eventId)
    if (other !== undefined && other !== name) violations.push(`${eventId} is ${other} and ${name}`)
    ids.set(name, eventId)
    names.set(eventId, name)
    if (answer === 'taken') taken.set(name, (taken.get(name) ?? 0) + 1)
  }
  let missing = 0
  for (const [instanceId, sequences] of acknowledged) {
    const lost = sequences.filter((sequence) => !taken.has(nameOf(instanceId, sequence)))
    missing += lost.length
    for (const sequence of lost) {
      const isSeen = ids.has(nameOf(instanceId, sequence))
      violations.push(`${nameOf(instanceId, sequence)} was acknowledged and never ${isSeen ? 'taken' : 'seen'}`)
    }
    const promised = new Set(sequences)
    const order = listOf(firsts, instanceId).filter((sequence) => promised.has(sequence))
    order.forEach((sequence, at) => {
      const before = order[at - 1] ?? 0
      if (sequence < before) violations.push(`${nameOf(instanceId, sequence)} came first after ${before}`)
    })
  }
  return { violations, missing, takenAgain: [...taken.values()].filter((count) => count > 1).length }
}

function nameOf(instanceId: number, sequence: number): string {
  return `webhook ${sequence} of instance ${instanceId}`
}

function listOf(lists: Map<number, number[]>, key: number): number[] {
  const list = lists.get(key) ?? []
  lists.set(key, list)
  return list
}
