import { expect, test } from 'vitest'
import { ownPath } from './own-path.ts'

for (const [address, path, publicUrl = 'https://hub.example.com'] of [
  ['/events/acmecrm?x=1', '/events/acmecrm?x=1'],
  ['/elements/api-v2/formulas/instances/7/executions', '/formulas/instances/7/executions'],
  ['https://hub.example.com/elements/api-v2/events/acmecrm/', '/events/acmecrm/'],
  ['HTTPS://HUB.example.com:443/elements/api-v2/instances/events', '/instances/events'],
  ['http://hub.example.com/elements/api-v2/events', '/events'],
  ['https://hub.example.com/x/../elements/api-v2/events', '/events'],
  ['https://hub.example.com/hub/elements/api-v2/events', '/events', 'https://hub.example.com/hub'],
  ['https://hub.example.com/elements/api-v2/events', undefined, 'https://hub.example.com/hub'],
  ['/hub/elements/api-v2/events', '/events', 'https://hub.example.com/hub'],
  ['/elements/api-v2/events', '/events', 'https://hub.example.com/hub'],
  ['/elements/api-v2/elements/api-v2/events', '/events'],
  ['https://hub.example.com/elements/api-v2/elements/api-v2/elements/api-v2/events', '/events'],
  ['https://hub.example.com/about', undefined],
  ['https://app.example.com/elements/api-v2/events', undefined],
  ['//app.example.com/elements/api-v2/events', undefined],
  ['/\\app.example.com/elements', undefined],
  ['https://hub.example.com@app.example.com/elements/api-v2/events', undefined],
  ['not an address', undefined],
] as const) {
  test(`${address} is ${path ?? 'not ours'}${publicUrl.endsWith('hub') ? ' below /hub' : ''}`, () => {
    expect(ownPath(address, publicUrl)).toBe(path)
  })
}
