import { setImmediate as nextTurn } from 'node:timers/promises'

/** How long another process may take to hear of a change (design: caches follow within 250 ms). */
export async function within250ms(isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 250
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error('not within 250 ms')
    await nextTurn() // a kept caller comes without waiting, and without a turn of the event loop no notification is read
  }
}
