import { readFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'

/** Resident memory of a process over time, in MB. */
export interface MemoryRun {
  startMb: number
  mostMb: number
}

const EVERY_MS = 200

/**
 * Samples until `work` has ended; Linux only.
 * @returns NaN where the system does not tell
 */
export async function memoryDuring<Result>(
  pid: () => number | undefined,
  work: () => Promise<Result>,
): Promise<{ result: Result; memory: MemoryRun }> {
  const startMb = await residentMb(pid())
  const memory = { startMb, mostMb: startMb }
  let isOver = false
  const sampling = (async () => {
    while (!isOver) {
      const mb = await residentMb(pid())
      if (mb > memory.mostMb) memory.mostMb = mb
      await wait(EVERY_MS)
    }
  })()
  try {
    return { result: await work(), memory }
  } finally {
    isOver = true
    await sampling
  }
}

async function residentMb(pid: number | undefined): Promise<number> {
  const text = pid === undefined ? '' : await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(text)?.[1]
  return kilobytes === undefined ? Number.NaN : Number(kilobytes) / 1024
}
