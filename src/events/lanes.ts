/** Queue of `jobs`: its keys are lanes. */
export const PROCESS_QUEUE = 'events.process'

/** What is in order: the events of one instance, and those of one element whose instances are to be found. */
export function laneOf(target: { instanceId: number } | { elementKey: string }): string {
  return 'instanceId' in target ? `i:${target.instanceId}` : `e:${target.elementKey}`
}

/** @returns undefined for what is no lane */
export function targetOfLane(lane: string): { instanceId: number } | { elementKey: string } | undefined {
  if (/^i:\d+$/.test(lane)) return { instanceId: Number(lane.slice(2)) }
  return lane.startsWith('e:') ? { elementKey: lane.slice(2) } : undefined
}
