import type { Scope } from './scope.ts'

/** `require`: modules of the scope, and libraries from their own files. */
export function provideRequire(scope: Scope): void {
  const cache = new Map<string, unknown>()
  /** What may be asked for, and the file it begins with. */
  const libraries = new Map([
    ['lodash', 'lodash/lodash.js'],
    ['lodash/fp', 'lodash/fp.js'],
    ['moment', 'moment/moment.js'],
    ['xml2js', 'xml2js/lib/xml2js.js'],
  ])
  /** What the files of libraries ask for besides their neighbours. */
  const inner = new Map([
    ['sax', 'sax/lib/sax.js'],
    ['xmlbuilder', 'xmlbuilder/lib/index.js'],
  ])

  const load = (path: string): unknown => {
    if (cache.has(path)) return cache.get(path)
    const file = scope.files[path]
    if (!file) throw new Error(`the library file ${path} is missing`)
    const module = { exports: {} as unknown }
    cache.set(path, module.exports)
    file.call(module.exports, module, module.exports, (name: string) => requireFrom(path, name))
    cache.set(path, module.exports)
    return module.exports
  }

  /** @param from file that asks, `lodash/fp/_baseConvert.js` */
  const requireFrom = (from: string, name: string): unknown => {
    const path = inner.get(name)
    if (path !== undefined) return load(path)
    if (!name.startsWith('.')) return scope.require(name)
    const parts = from.split('/').slice(0, -1)
    for (const part of name.split('/')) {
      if (part === '..') parts.pop()
      else if (part !== '.') parts.push(part)
    }
    const target = parts.join('/').replace(/\.js$/, '')
    // the small copy of lodash is the same program
    return load(`${target === 'lodash/lodash.min' ? 'lodash/lodash' : target}.js`)
  }

  const own = (name: string): unknown => {
    if (!cache.has(name)) cache.set(name, scope.modules[name]?.())
    return cache.get(name)
  }

  scope.require = (given) => {
    const name = String(given).replace(/^node:/, '')
    scope.isSpent = true
    if (scope.modules[name]) return own(name)
    const path = libraries.get(name)
    if (path !== undefined) return load(path)
    if (name.startsWith('lodash/')) {
      const method = (load('lodash/lodash.js') as Record<string, unknown>)[name.slice('lodash/'.length)]
      if (typeof method === 'function') return method
    }
    const known = [...Object.keys(scope.modules), ...libraries.keys()].sort().join(', ')
    throw Object.assign(new Error(`Cannot find module '${name}'; a script may require ${known}`), {
      code: 'MODULE_NOT_FOUND',
    })
  }
  // the next script is likely to ask for what the last one did
  scope.entries['preload'] = (name: string) => void scope.require(name)
  scope.global['global'] = scope.global
  scope.global['require'] = (name: unknown) => scope.require(name)
}
