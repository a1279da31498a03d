/**
 * Calls `act` when the signal is aborted; at once if it is already.
 *
 * Once let go, nothing that `act` refers to is kept. A removed listener alone would keep it: Node links each to the one that was added
 * after it, and of a signal that lives long one that has grown old keeps the whole row behind it, call by call, until a full collection.
 *
 * @returns lets go; does nothing the second time
 */
export function whenAborted(signal: AbortSignal | undefined, act: () => void): () => void {
  if (signal?.aborted) act()
  if (!signal || signal.aborted) return () => undefined
  let held: (() => void) | undefined = act
  const listener = () => held?.()
  signal.addEventListener('abort', listener, { once: true })
  return () => {
    held = undefined
    signal.removeEventListener('abort', listener)
  }
}
