import type { Logger } from 'pino'

/** Rooms add theirs: `db.withTables<{ instances: InstanceTable }>()`. */
export type Tables = Record<never, never>

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>
