import type { ToldInstance } from '../../instances/instance-change.ts'
import { eventMechanism, eventsEnabled } from '../../model/event-settings.ts'
import { readPollers } from './poller-configuration.ts'

/** When an instance is polled, and for what. */
export interface PollerSchedule {
  everyMinutes: number
  /** names of its resources, at least one */
  objectTypes: string[]
}

const DEFAULT_MINUTES = 15
/** Nineteen centuries: larger numbers say nothing else, and clocks end. */
const MOST_MINUTES = 999_999_999

/**
 * The schedule that an instance needs (spec 40 §7.1). None when it is disabled, has its events off, hears them from its vendor, or has
 * nothing to poll.
 */
export function pollerScheduleOf({
  disabled,
  configuration,
}: Pick<ToldInstance, 'disabled' | 'configuration'>): PollerSchedule | undefined {
  if (disabled || !eventsEnabled(configuration) || eventMechanism(configuration) !== 'polling') return undefined
  const objectTypes = readPollers(configuration).resources.map(({ name }) => name)
  if (objectTypes.length === 0) return undefined
  return { everyMinutes: minutesOf(configuration['event.poller.refresh_interval']), objectTypes }
}

/** Whole minutes, at least one, however large; what is no number is what elements have by default. */
export function minutesOf(text: string | null | undefined): number {
  const minutes = Math.round(Number(text?.trim() || Number.NaN))
  if (Number.isNaN(minutes)) return DEFAULT_MINUTES
  return Math.min(Math.max(minutes, 1), MOST_MINUTES)
}
