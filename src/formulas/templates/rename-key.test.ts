import { expect, test } from 'vitest'
import { newDraft } from './formula-draft.ts'
import { renameKey } from './rename-key.ts'

const variable = (key: string) => ({ id: 1, key, name: key, type: 'value', required: true })
const edges = { onSuccess: [], onFailure: [] }

function renamed(
  properties: Record<string, unknown>,
  { engine = null as 'v1' | null, type = 'request', to = 'neu' } = {},
) {
  const step = { id: 2, name: 'ask', type, ...edges, properties }
  const parts = { configuration: [variable(to), variable('old.more'), variable('other')], triggers: [], steps: [step] }
  return renameKey({ ...newDraft('x'), engine, parts }, { from: 'old', to }).parts.steps[0]?.properties
}

test.each([
  ['${old}', '${neu}'],
  ['${config.old}', '${config.neu}'],
  ['${ config.old }', '${ config.neu }'],
  [
    '/a/${config.old}/${old.id}/${config.old[0]}?x=${config.other}',
    '/a/${config.neu}/${neu.id}/${config.neu[0]}?x=${config.other}',
  ],
  ["${config['old']}", '${config["neu"]}'],
  // another variable, whose key is longer
  ['${config.old.more}', '${config.old.more}'],
  ['${old.more.x}', '${old.more.x}'],
  ['${config.older}', '${config.older}'],
  ['${config.old-er}', '${config.old-er}'],
  // other roots, and no references
  ['${steps.old}', '${steps.old}'],
  ['${trigger.old}', '${trigger.old}'],
  ['config.old and $config.old and old', 'config.old and $config.old and old'],
  // JavaScript
  ['${ Object.values(config.old) }', '${ Object.values(config.neu) }'],
  ['${ config.old + config.old.more + my.config.old }', '${ config.neu + config.old.more + my.config.old }'],
  ['$1 ${old} $&', '$1 ${neu} $&'],
])('%s becomes %s', (text, expected) => expect(renamed({ api: text })).toEqual({ api: expected }))

test('in lists and objects', () => {
  expect(renamed({ args: { a: ['${config.old}', 1], b: { c: '${old}' } } })).toEqual({
    args: { a: ['${config.neu}', 1], b: { c: '${neu}' } },
  })
})

test('without braces, as the whole text, the shorthand in engine v1 only', () => {
  expect(renamed({ list: 'config.old.items', query: 'old', api: 'config.old' })).toEqual({
    ...{ list: 'config.neu.items', query: 'old', api: 'config.old' },
  })
  expect(renamed({ list: ' old.items ' }, { engine: 'v1' })).toEqual({ list: ' neu.items ' })
})

test('in scripts what is written in full, wherever it stands', () => {
  const body = 'const old = `${config.old}/${old}/${config.old.more}`; done(config.old, my.config.old, old)'
  expect(renamed({ body }, { type: 'script' })).toEqual({
    body: 'const old = `${config.neu}/${old}/${config.old.more}`; done(config.neu, my.config.old, old)',
  })
  expect(renamed({ body: "done(`${config.old.x}` + config['old'])" }, { type: 'filter', to: 'new-key' })).toEqual({
    body: 'done(`${config["new-key"].x}` + config["new-key"])',
  })
})
