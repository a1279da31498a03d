import type { CompiledFormulas } from '../compiled-formula.ts'
import type { FormulaContext } from '../context.ts'
import type { Journal } from './journal.ts'
import type { LiveMemory } from './live-memory.ts'
import type { Take } from './take.ts'

/** What all executions of a process share. */
export interface Engine {
  context: FormulaContext
  journal: Journal
  take: Take
  memory: LiveMemory
  formulas: CompiledFormulas
  /** what this process is at, by id; an abort is a cancel */
  running: Map<string, AbortController>
}

/** Why a turn is to end early. */
export interface Signals {
  /** the process stops, or another one has the job */
  stopping: AbortSignal
  cancelling: AbortSignal
}
