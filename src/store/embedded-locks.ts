import { setTimeout as wait } from 'node:timers/promises'
import type { Client } from 'pg'

/**
 * Who uses an embedded server, as advisory locks: they go with their connection, so a crash cannot leave one behind.
 * A hub holds HUB alone. Commands share COMMAND; the last one out takes both before it ends a server without a hub, so
 * that nobody joins in the middle.
 */
const HUB = '7236184, 1'
const COMMAND = '7236184, 2'

/** a killed hub's connection may outlive it for a moment, and a command may be ending the server */
const PATIENCE_MS = 1_000
const POLL_MS = 50

/** @returns false when another hub keeps it; rejects when the server goes away meanwhile */
export async function lockForHub(client: Client): Promise<boolean> {
  const deadline = Date.now() + PATIENCE_MS
  while (!(await ask(client, `pg_try_advisory_lock(${HUB})`))) {
    if (Date.now() > deadline) return false
    await wait(POLL_MS)
  }
  return true
}

/** @returns false while another command is ending the server */
export function lockForCommand(client: Client): Promise<boolean> {
  return ask(client, `pg_try_advisory_lock_shared(${COMMAND})`)
}

/** Gives up the command's lock. @returns true when nobody else uses the server: the caller holds both locks and ends it */
export async function isLastCommand(client: Client): Promise<boolean> {
  await ask(client, `pg_advisory_unlock_shared(${COMMAND})`)
  return (await ask(client, `pg_try_advisory_lock(${COMMAND})`)) && (await ask(client, `pg_try_advisory_lock(${HUB})`))
}

async function ask(client: Client, expression: string): Promise<boolean> {
  const { rows } = await client.query<{ answer: boolean }>(`select ${expression} as answer`)
  return rows[0]?.answer === true
}
