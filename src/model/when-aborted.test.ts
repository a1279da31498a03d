import { describe, expect, it, vi } from 'vitest'
import { whenAborted } from './when-aborted.ts'

describe('whenAborted', () => {
  it('acts once, when the signal is aborted', () => {
    const end = new AbortController()
    const act = vi.fn()
    whenAborted(end.signal, act)
    expect(act).not.toHaveBeenCalled()
    end.abort()
    expect(act).toHaveBeenCalledOnce()
  })

  it('acts at once where it is aborted already', () => {
    const act = vi.fn()
    whenAborted(AbortSignal.abort(), act)
    expect(act).toHaveBeenCalledOnce()
  })

  it('does nothing once it was let go, twice or without a signal', () => {
    const end = new AbortController()
    const act = vi.fn()
    const letGo = whenAborted(end.signal, act)
    letGo()
    letGo()
    end.abort()
    whenAborted(undefined, act)()
    expect(act).not.toHaveBeenCalled()
  })

  it('is not reached any more through a listener that somebody still holds', () => {
    const { signal } = new AbortController()
    const listeners: (() => void)[] = []
    const add = vi.spyOn(signal, 'addEventListener').mockImplementation((_type, listener) => {
      listeners.push(listener as () => void)
    })
    const act = vi.fn()
    whenAborted(signal, act)()
    for (const listener of listeners) listener()
    expect(add).toHaveBeenCalledOnce()
    expect(act).not.toHaveBeenCalled()
  })
})
