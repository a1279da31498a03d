import type { Context, Isolate, Reference } from 'isolated-vm'

/** A context in which a script will run. */
export interface PreparedContext {
  context: Context
  /** `Scope.enter` */
  enter: Reference
  /** whose scripts may share it, when it was noted what they are to leave in it; else it serves one script */
  sharing?: string
}

export function release({ isDisposed }: Isolate, { context, enter }: PreparedContext): void {
  if (isDisposed) return
  enter.release()
  context.release()
}
