/** well below what anybody else should have to wait */
const SLICE_MS = 8

/** For long work in small pieces: called after each piece, it lets everybody else go first when the work has taken a while. */
export function eventLoopTurns(): () => Promise<void> {
  let since = performance.now()
  return async () => {
    if (performance.now() - since < SLICE_MS) return
    await new Promise(setImmediate)
    since = performance.now()
  }
}
