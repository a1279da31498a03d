import type { Callback } from 'isolated-vm'
import { answer } from './answers.ts'
import { createEars, type Ears } from './hear.ts'

/**
 * The two functions that a scope is given to reach this process. They are the same for all scripts, and who hears is
 * found by number: an isolate keeps a function of ours, and all that it closes over, for as long as it likes.
 */
export interface Lines {
  /** `Scope.post`, with the number before its words */
  post: Callback
  /** `Scope.ask` */
  ask: Callback
  /** @returns the number for a script */
  open(ears: Ears): number
  /** What is still said under this number is heard by nobody. */
  close(number: number): void
}

export function createLines(ivm: typeof import('isolated-vm')): Lines {
  const open = new Map<number, (words: readonly unknown[]) => void>()
  let last = 0
  return {
    post: new ivm.Callback((number: unknown, ...words: unknown[]) => void open.get(number as number)?.(words), {
      ignored: true,
    }),
    ask: new ivm.Callback((...words: unknown[]) => answer(words)),
    open(ears) {
      open.set(++last, createEars(ears))
      return last
    },
    close: (number) => void open.delete(number),
  }
}
