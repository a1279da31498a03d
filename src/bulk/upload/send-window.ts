import { isTrouble, MOST_DENIED } from './pace.ts'
import type { RowOutcome } from './row-outcome.ts'

export interface SendingOptions<Row> {
  /** rows under way at the same time */
  together: number
  /** rows in a row that were refused for the credentials before these */
  denied: number
  write(row: Row): Promise<RowOutcome>
  /** rows that mean one record have one key, and go one after the other; undefined: it means no other's */
  keyOf?(row: Row): string | undefined
  /** whether no further row is begun; asked before each */
  isOver(): boolean
  /** aborted: no further row is begun, and those under way have not long */
  signal: AbortSignal
  /** how long rows that are under way have then; asked once */
  graceMs(): Promise<number>
}

const LEFT_ALONE: RowOutcome = {
  kind: 'uncertain',
  status: 'uncertain: the job was told to end before the vendor had answered',
}

/**
 * Sends rows in their order, some together, until all are sent or something speaks against the next one: the vendor is troubled, refuses
 * everybody, or somebody wants an end.
 *
 * @returns what became of each; undefined for those that were not sent
 */
export async function sendWindow<Row>(
  rows: readonly Row[],
  { together, denied: deniedBefore, write, keyOf, isOver, signal, graceMs }: SendingOptions<Row>,
): Promise<(RowOutcome | undefined)[]> {
  const outcomes = new Array<RowOutcome | undefined>(rows.length).fill(undefined)
  let begun = 0
  let denied = deniedBefore
  let isHalted = false
  const started = new Set<number>()
  /** by key: whether the last row with it was dealt with */
  const dealtWith = new Map<string, Promise<boolean>>()
  const mayGo = () => !isHalted && !signal.aborted && !isOver()

  const start = (index: number) => {
    started.add(index)
    return write(rows[index] as Row)
  }
  /** A row that waits for one that was put off is not sent: what the later one says of the record counts. */
  const startAfter = async (before: Promise<boolean>, index: number) =>
    (await before) && mayGo() ? start(index) : undefined
  const sendRow = (index: number): Promise<RowOutcome | undefined> => {
    const key = keyOf?.(rows[index] as Row)
    if (key === undefined) return start(index)
    const before = dealtWith.get(key)
    const sent = before ? startAfter(before, index) : start(index)
    dealtWith.set(
      key,
      sent.then((outcome) => outcome !== undefined && outcome.kind !== 'putOff' && !isEndless(outcome)),
    )
    return sent
  }
  const sendSome = async () => {
    while (begun < rows.length && mayGo()) {
      const index = begun++
      const outcome = await sendRow(index)
      if (!outcome) continue
      outcomes[index] = outcome
      denied = outcome.kind === 'failed' && outcome.isDenied ? denied + 1 : 0
      isHalted ||= isTrouble(outcome) || isEndless(outcome) || denied >= MOST_DENIED
    }
  }
  const sent = Promise.all(Array.from({ length: Math.min(together, rows.length) }, sendSome))
  await Promise.race([sent, patience(signal, graceMs, sent)])
  // a copy: what comes after this is told to nobody
  return outcomes.map((outcome, index) => outcome ?? (started.has(index) ? LEFT_ALONE : undefined))
}

function isEndless({ kind }: RowOutcome): boolean {
  return kind === 'hopeless' || kind === 'unavailable'
}

/** Settles when the signal came and its grace is over; never where no signal comes. */
function patience(signal: AbortSignal, graceMs: () => Promise<number>, sent: Promise<unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined
    let isOver = false
    const begin = () =>
      void graceMs().then((ms) => {
        if (!isOver) timer = setTimeout(resolve, ms)
      }, reject)
    const end = () => {
      isOver = true
      clearTimeout(timer)
      signal.removeEventListener('abort', begin)
    }
    if (signal.aborted) begin()
    else signal.addEventListener('abort', begin, { once: true })
    sent.then(end, end)
  })
}
