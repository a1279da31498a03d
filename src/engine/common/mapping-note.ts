import type { ScriptOutcome, ScriptRun } from './run-mapping-script.ts'

/** How a common resource acted in a call, for traces, logs and metrics. */
export interface MappingNote {
  commonResource: string
  /** what it stands for */
  vendorName: string
  /** resource of the element that was called: `GET /contacts/{id}` */
  resource: string
  direction: ScriptRun
  records: number
  /** undefined: it has none, or there was nothing to run it for */
  script: Omit<ScriptOutcome, 'label' | 'console'> | undefined
}
