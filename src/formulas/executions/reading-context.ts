import type { Slots } from '../../model/slots.ts'
import type { FormulaContext } from '../context.ts'

/** What readers of executions work with; `main.ts` puts it together once. */
export interface ReadingContext extends Pick<FormulaContext, 'store' | 'authorize' | 'now'> {
  limits: Pick<FormulaContext['limits'], 'valueBytes'>
  /** questions go over many rows: in turn, so that nobody takes all connections */
  slots: Pick<Slots, 'run'>
  /** values are unsealed in memory: a few at a time */
  valueSlots: Pick<Slots, 'run'>
}

/** Reads of an organization wait for each other rather than for everybody. */
export function inTurnOf<T>(
  slots: Pick<Slots, 'run'>,
  { organizationId }: { organizationId: number },
  read: () => Promise<T>,
): Promise<T> {
  return slots.run(read, [`organization ${organizationId}`])
}
