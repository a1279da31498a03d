import { expect, test, vi } from 'vitest'
import type { PollContext } from './poll-context.ts'
import { type Polled, pollPages } from './poll-pages.ts'

test('a page that never ends is given up', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const noted: number[] = []
    const context = {
      instanceOf: () => undefined,
      call: () => new Promise(() => undefined),
      now: () => new Date(0),
      newRequestId: () => 'r',
      recordCall: ({ status }: { status: number }) => void noted.push(status),
    } as unknown as PollContext
    const polled = { instance: { id: 1, plan: { element: { hub: 'crm' } } }, caller: {} } as unknown as Polled
    const call = { path: '/contacts', query: {}, isFiltered: false, isNewestFirst: false, problems: [] }
    const page = pollPages(context, polled, call, new AbortController().signal).next()
    const outcome = expect(page).rejects.toMatchObject({ code: 'VENDOR_TIMEOUT' })
    await vi.advanceTimersByTimeAsync(600_000)
    await outcome
    expect(noted).toEqual([502])
  } finally {
    vi.useRealTimers()
  }
})
