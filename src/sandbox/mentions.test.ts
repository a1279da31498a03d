import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isMentioned, type MentionedRoot, mentionsOf } from './mentions.ts'

const namesOf = (script: string, root: MentionedRoot = 'steps') => {
  const mentioned = mentionsOf(script)[root]
  return mentioned === 'all' ? 'all' : [...mentioned].sort()
}

describe('a script sees what it names', () => {
  test.each<[string, string[] | 'all']>([
    ['', []],
    ['done(1)', []],
    ['done(steps.get.response)', ['get']],
    ['done(steps . get\n.a, steps\n  .b)', ['b', 'get']],
    ['done(steps?.get, steps?.["b-c"], steps["d"], steps[\'e f\'])', ['b-c', 'd', 'e f', 'get']],
    ['done(steps.$a, steps._b, steps.größe)', ['$a', '_b', 'größe']],
    ['done(`$' + '{steps.a}`)', ['a']],
    ['// steps.a\ndone("steps.b")', ['a', 'b']],
    ['done(footsteps, steps2, $steps, my_steps)', []],
    ['done(steps)', 'all'],
    ['done({ steps })', 'all'],
    ['const { get } = steps; done(get)', 'all'],
    ['const s = steps; done(s.get)', 'all'],
    ['done(steps[name])', 'all'],
    ['done(steps["a" + name])', 'all'],
    ['done(steps["\\x61"])', 'all'],
    ['done(steps["a" /* ] */ ])', 'all'],
    ['done(steps[`a`])', 'all'],
    ['done(steps/* x */.a)', 'all'],
    ['done(Object.keys(steps).length)', 'all'],
    ['for (const name in steps) done(name)', 'all'],
    ['done({ ...steps })', 'all'],
    ['done(steps.hasOwnProperty("a"))', 'all'],
    ['done(steps["constructor"])', 'all'],
    ['done(steps.__proto__)', 'all'],
    ['done(steps ? 1 : 2)', 'all'],
    ['done(eval("ste" + "ps.a"))', 'all'],
    ['done(arguments[1].a)', 'all'],
    ['done(st\\u0065ps.a)', 'all'],
    ['// all steps', 'all'],
  ])('%s', (script, names) => expect(namesOf(script)).toEqual(names))

  test.each<[MentionedRoot, string, string[] | 'all']>([
    ['config', 'done(config.acton.instance.id, config["crm.source"])', ['acton', 'crm.source']],
    ['config', 'done(steps.a)', []],
    ['trigger', 'done(trigger.event.objectId)', ['event']],
    ['trigger', 'done(trigger)', 'all'],
  ])('of %s: %s', (root, script, names) => expect(namesOf(script, root)).toEqual(names))
})

test.each([
  ['acton.instance.id', true],
  ['acton', true],
  ['crm.source', true],
  ['crm', false],
  ['acton2', false],
  ['instance', false],
])('%s is sent: %s', (key, isSent) => expect(isMentioned(new Set(['acton', 'crm.source']), key)).toBe(isSent))

/**
 * Programs put together from pieces that JavaScript understands: whatever one reads of an object that notes it, must have been mentioned.
 */
test('no program reads what was not mentioned', () => {
  const root = fc.constantFrom('steps', 'config', 'trigger')
  const name = fc.constantFrom('a', 'b', 'c-d', 'e.f', 'footsteps', 'config', 'toString')
  const access = fc.oneof(
    fc.tuple(root, name).map(([of, one]) => `${of}[${JSON.stringify(one)}]`),
    fc.tuple(root, name).map(([of, one]) => `${of}?.['${one}']`),
    fc.tuple(root, fc.constantFrom('a', 'b', '$x', '_y')).map(([of, one]) => `${of} .${one}`),
    fc.tuple(root, name).map(([of, one]) => `(${of})[${JSON.stringify(one)}]`),
    fc.tuple(root, name).map(([of, one]) => `(() => { const { ${JSON.stringify(one)}: x } = ${of}; return x })()`),
    fc.tuple(root, name).map(([of, one]) => `((x) => x[${JSON.stringify(one)}])(${of})`),
    fc.tuple(root, name).map(([of, one]) => `eval("${of.slice(0, 2)}" + "${of.slice(2)}")[${JSON.stringify(one)}]`),
    root.map((of) => `${of}./* . */a`),
    root.map((of) => `/* ${of}.b */ ${of} // '\n ["a"]`),
    root.map((of) => `'${of}.a'.length`),
    root.map((of) => `\`\${${of}.a}\``),
    root.map((of) => `Object.values(${of})`),
    fc.constant("/'/.test('x')"),
    fc.constant('1 / 2 /* " */'),
  )
  const program = fc.array(access, { minLength: 1, maxLength: 5 }).map((parts) => `return [${parts.join(', ')}]`)
  fc.assert(
    fc.property(program, (body) => {
      const seen: [MentionedRoot, string][] = []
      const noting = (of: MentionedRoot) =>
        new Proxy({ a: 1, b: 2, 'c-d': 3, 'e.f': 4, footsteps: 5, config: 6 } as Record<string, unknown>, {
          get(target, key) {
            if (Object.hasOwn(target, key)) seen.push([of, String(key)])
            return Reflect.get(target, key)
          },
        })
      new Function('trigger', 'steps', 'config', body)(noting('trigger'), noting('steps'), noting('config'))
      const mentions = mentionsOf(body)
      for (const [of, key] of seen) expect(isMentioned(mentions[of], key)).toBe(true)
    }),
    { numRuns: 2_000 },
  )
})
