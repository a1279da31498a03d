import type { UploadPace } from '../bulk-table.ts'
import type { TurnOutcome } from '../turn.ts'
import type { RowOutcome } from './row-outcome.ts'
import type { NumberedRow } from './settle-window.ts'

/** How rows reach the vendor. */
export interface RowSender {
  /** rows of the next window */
  size(pace: UploadPace): number
  /** @returns what became of each, undefined for those that were not sent; nothing that happens to a row is thrown */
  send(rows: readonly NumberedRow[], pace: UploadPace): Promise<(RowOutcome | undefined)[]>
  /** all rows are sent */
  end(): Promise<TurnOutcome>
}
