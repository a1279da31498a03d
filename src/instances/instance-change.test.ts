import { expect, test } from 'vitest'
import { withKept } from './instance-change.ts'

const KEY = 'event.notification.subscription.id'

for (const [name, values, kept, expected] of [
  ['what the hub keeps is stored', { site: 'a' }, { [KEY]: '102' }, { site: 'a', [KEY]: '102' }],
  ['what a caller or a hook says of it is not', { [KEY]: '7' }, {}, {}],
  ['what the hub keeps counts more', { [KEY]: '7' }, { [KEY]: '102' }, { [KEY]: '102' }],
  ['null unsets it', { site: 'a', [KEY]: '102' }, { [KEY]: null }, { site: 'a' }],
  ['nothing else comes in that way', { site: 'a' }, { site: 'b', other: 'c' }, { site: 'a' }],
] as const) {
  test(name, () => expect(withKept(values, kept)).toEqual(expected))
}
