import type { Scope } from './scope.ts'

/**
 * Takes away what could run after a script is over, escape its limits or block its thread: callbacks of the garbage
 * collector, memory that several threads share, and machine code.
 */
export function removeGlobals({ global }: Scope): void {
  for (const name of ['WebAssembly', 'SharedArrayBuffer', 'Atomics', 'FinalizationRegistry', 'WeakRef']) {
    delete global[name]
  }
}
