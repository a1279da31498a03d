import { describe, expect, test } from 'vitest'
import { onlyReference, parseTemplate } from './parse-template.ts'
import { type ReferenceScope, resolveReference } from './resolve-reference.ts'

const scope: ReferenceScope = {
  config: { crm: '1', 'crm.source': '48902', 'sfdc.instance.id': '77', list: '[{"id":5}]', object: 'leads' },
  steps: {
    'delete-accounts-path': { id: 3 },
    '6_score': { body: { total: 9 } },
    pick: { name: 'Ada', list: ['a', 'b'], 'any key': { x: 1 } },
    pick2: 'text',
    get: { response: { code: 200, headers: { 'elements-next-page-token': 'abc' }, body: [{ id: 1 }] } },
    constructor: { own: true },
  },
  trigger: { event: { objectId: '003A' }, body: { message: { events: [{ objectType: 'Contact' }] } } },
  info: { formulaId: 4711 },
}

describe('a property is text with references in it (spec 31 §2.2)', () => {
  test.each([
    ['/contacts', [['text', '/contacts']]],
    ['${config.a}', [['reference', 'config.a']]],
    [
      '/x/${ steps.a.b }/y',
      [
        ['text', '/x/'],
        ['reference', 'steps.a.b'],
        ['text', '/y'],
      ],
    ],
    [
      '${a}${b}',
      [
        ['reference', 'a'],
        ['reference', 'b'],
      ],
    ],
    ['$config.x and {name}', [['text', '$config.x and {name}']]],
    [
      '${ Object.values({ a: "}" }) }!',
      [
        ['reference', 'Object.values({ a: "}" })'],
        ['text', '!'],
      ],
    ],
    ["${config.o'hara}", [['reference', "config.o'hara"]]],
    ['${never closed', [['text', '${never closed']]],
    ['', []],
  ])('%s', (text, parts) => {
    expect(parseTemplate(text).map(({ kind, text: inside }) => [kind, inside])).toEqual(parts)
  })

  test.each([
    ['${config.a}', 'config.a'],
    ['  ${config.a} ', 'config.a'],
    ['${config.a}.', undefined],
    ['${a}${b}', undefined],
    ['plain', undefined],
  ])('%s is one reference: %s', (text, only) => expect(onlyReference(parseTemplate(text))).toBe(only))
})

describe('a reference is the value at its path (spec 31 §2.3)', () => {
  test.each([
    ['config.crm', '1'],
    ['config.crm.source', '48902'],
    ["config['crm.source']", '48902'],
    ['config.sfdc.instance.id', '77'],
    ['config.list[0].id', 5],
    ['steps.delete-accounts-path.id', 3],
    ['steps.6_score.body.total', 9],
    ['steps.pick2', 'text'],
    ["steps.pick['any key'].x", 1],
    ['steps.pick.list[1]', 'b'],
    ['steps.pick.list.length', 2],
    ['steps.get.response.headers.elements-next-page-token', 'abc'],
    ["steps.get.response.headers['Elements-Next-Page-Token']", 'abc'],
    ['steps.get.response.body[0].id', 1],
    ['trigger.body.message.events[0].objectType', 'Contact'],
    ['info.formulaId', 4711],
    ['trigger', scope.trigger],
    // what older formulas write
    ['object', 'leads'],
    ['crm.source', '48902'],
    ['pick.name', 'Ada'],
    ['event.objectId', '003A'],
    // nothing there
    ['config.none', undefined],
    ['steps.pick.none.deeper', undefined],
    ['steps.none.a[0]', undefined],
    ['nowhere', undefined],
    ['steps.pick.constructor', undefined],
    ['steps.pick.__proto__', undefined],
    ['steps.constructor.own', true],
  ])('%s', (text, value) => expect(resolveReference(text, scope)).toEqual({ kind: 'value', value }))

  test.each(['Object.values(steps.pick)', 'steps.pick.list.map(x => x)', "config.crm + 'x'", '!steps.pick'])(
    '%s is to be computed',
    (text) => expect(resolveReference(text, scope)).toEqual({ kind: 'expression', text }),
  )
})
