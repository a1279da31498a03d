/** well below the 50 ms that nobody else should have to wait */
const SLICE_MS = 8

/** Runs long work to its end in small slices, between which everybody else gets a turn. */
export async function inSlices<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    const until = performance.now() + SLICE_MS
    while (performance.now() < until) {
      const step = work.next()
      if (step.done) return step.value
    }
    await new Promise(setImmediate)
  }
}

/** The same at once, for whoever has nobody waiting. */
export function atOnce<T>(work: Generator<void, T>): T {
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
  }
}
