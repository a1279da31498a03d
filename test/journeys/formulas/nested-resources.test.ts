import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectOk } from '../../support/expect-answer.ts'
import { type Formulas, formulasOf, platformRequest, script } from '../../support/formulas.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

let hub: TestHub
let formulas: Formulas
beforeAll(async () => {
  hub = await startTestHub()
  formulas = formulasOf(hub)
})
afterAll(() => hub.close())

/** A formula at an address of its own that calls the one before it, if there is one, and its instance. */
async function exposed(level: number, inner?: { uri: string; id: number }) {
  const uri = `/nested/level-${level}`
  const asked =
    inner &&
    platformRequest(
      `POST ${inner.uri}`,
      { headers: `{"Elements-Formula-Instance-Id": "${inner.id}"}`, body: '{}' },
      'last',
    )
  const last = script(inner ? 'done({ said: steps.call.response.body.said })' : 'done({ said: "innermost" })')
  const steps = { ...(asked && { call: asked }), last }
  const formula = await formulas.make({ steps, more: { method: 'POST', uri } })
  return { uri, id: (await formulas.bind(formula)).id }
}

test('more calls at once than an account has places, each of a formula that calls another one, are all answered', async () => {
  const outer = await exposed(2, await exposed(1, await exposed(0)))
  const headers = { 'elements-formula-instance-id': String(outer.id) }
  const answers = await Promise.all(
    Array.from({ length: 30 }, () => hub.call('POST', outer.uri, { headers, body: {} })),
  )
  for (const answer of answers) expect(expectOk(answer).body).toEqual({ said: 'innermost' })
}, 60_000)
