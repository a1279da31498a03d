import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { ScriptCall } from '../sandbox/sandbox.ts'
import type { InstanceContext } from './context.ts'
import { createLifecyclePorts } from './engine-ports.ts'

test('scripts of a lifecycle run share its time, so that hooks that sleep cannot keep the credentials locked', async () => {
  const given: (number | undefined)[] = []
  const context = {
    runScript: async ({ timeoutMs }: ScriptCall) => {
      given.push(timeoutMs)
      await wait(30)
      return { value: undefined, returnedAsGiven: [], console: [] }
    },
  } as unknown as InstanceContext
  const { runScript } = createLifecyclePorts(context, 100)
  const script = { owner: 'account 1', label: 'preRequest hook of POST /a', body: '', isLegacy: false, variables: {} }
  const outcomes = await Promise.all(
    [0, 1, 2, 3, 4, 5].map(async (turn) => {
      await wait(turn * 30)
      return runScript(script).catch((error) => error.code)
    }),
  )
  expect(given[0]).toBeLessThanOrEqual(100)
  expect(given.at(-1)).toBeLessThan(50)
  expect(outcomes.at(-1)).toBe('SCRIPT_TIMED_OUT')
})
