import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a process of the bench tells the one that started it. */
export type ToParent = { kind: 'ready'; facts: Record<string, string> } | { kind: 'cpu'; microseconds: number }
export type FromParent = 'cpu' | 'stop'

/** Listens on a free port of 127.0.0.1 and serves until the parent says stop or is gone. */
export async function serveParent(server: Server, close: () => Promise<void> = async () => undefined): Promise<void> {
  // an idle connection must outlive the pauses between two runs
  server.keepAliveTimeout = 120_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  answerParent({ url: `http://127.0.0.1:${port}` }, async () => {
    server.close()
    server.closeAllConnections()
    await close()
  })
}

/** Reports that this process is ready, then answers the parent; ends the process at its word. */
export function answerParent(facts: Record<string, string>, close: () => Promise<void>): void {
  const tell = (message: ToParent) => process.send?.(message)
  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    await close()
    if (process.connected) process.disconnect()
  }
  process.on('disconnect', stop)
  process.on('message', (message: FromParent) => {
    if (message === 'stop') return stop()
    const { user, system } = process.cpuUsage()
    return tell({ kind: 'cpu', microseconds: user + system })
  })
  // Ctrl-C reaches the whole group; the parent decides when this process ends
  process.on('SIGINT', () => undefined)
  tell({ kind: 'ready', facts })
}
