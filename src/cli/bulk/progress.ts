import type { Terminal } from './terminal.ts'

/** How far something has come, as it is shown on one line. */
export interface Progress {
  what: string
  unit: 'rows' | 'bytes'
  done: number
  /** undefined: nobody knows */
  total?: number | undefined
  /** of the whole, from 0 to 1, where it can be told without the total */
  share?: number | undefined
  /** units a second */
  rate?: number | undefined
  failed?: number | undefined
}

/** The line at the bottom of a terminal, or a line every some seconds in a log. */
export interface ProgressLine {
  show(progress: Progress): void
  /** The line is over; what is printed next stands below it. */
  end(): void
}

const REDRAW_MS = 200
const LOG_EVERY_MS = 10_000
const BAR = 24

export function createProgressLine({ stderr, now }: Pick<Terminal, 'stderr' | 'now'>): ProgressLine {
  const isDrawn = stderr.isTTY === true
  const everyMs = isDrawn ? REDRAW_MS : LOG_EVERY_MS
  let shownAt = Number.NEGATIVE_INFINITY
  let latest: Progress | undefined
  const draw = (progress: Progress) => {
    shownAt = now()
    latest = undefined
    const line = progressText(progress, isDrawn ? BAR : 0)
    stderr.write(isDrawn ? `\r\x1b[K${line.slice(0, (stderr.columns ?? 120) - 1)}` : `${line}\n`)
  }
  return {
    show(progress) {
      latest = progress
      if (now() - shownAt >= everyMs) draw(progress)
    },
    end() {
      if (latest) draw(latest)
      if (isDrawn && shownAt > Number.NEGATIVE_INFINITY) stderr.write('\n')
      shownAt = Number.NEGATIVE_INFINITY
    },
  }
}

/** @param bar width in characters; 0: none */
export function progressText(
  { what, unit, done, total, rate, failed = 0, share: known }: Progress,
  bar: number,
): string {
  const show = unit === 'bytes' ? sizeText : countText
  const share = total === undefined || total === 0 ? known : Math.min(done / total, 1)
  // as fast as so far
  const left = share === undefined || share === 0 || !rate ? undefined : (done / share - done) / rate
  const parts = [
    share === undefined ? undefined : `${bar > 0 ? `${barText(share, bar)} ` : ''}${Math.floor(share * 100)} %`,
    `${show(done)}${total === undefined ? '' : ` of ${show(total)}`}${unit === 'rows' ? ' rows' : ''}`,
    failed > 0 ? `${countText(failed)} failed` : undefined,
    rate === undefined ? undefined : `${show(Math.round(rate))}${unit === 'rows' ? ' rows' : ''}/s`,
    left === undefined ? undefined : `${durationText(left)} to go`,
  ]
  return `${what}: ${parts.filter((part) => part !== undefined).join(', ')}`
}

function barText(share: number, width: number): string {
  const full = Math.floor(share * width)
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}]`
}

export function countText(count: number): string {
  return count.toLocaleString('en-US')
}

export function sizeText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1)
  return power === 0 ? `${bytes} bytes` : `${(bytes / 1000 ** power).toFixed(1)} ${units[power]}`
}

/** `0:07`, `12:40`, `3:02:00` */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds))
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (value: number) => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}
