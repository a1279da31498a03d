import type { Operation } from './vendor-api.ts'

/**
 * A path as the engine reads it: from a slash on, braces only around the names of variables, which hold none of `/?&=`
 * (spec 11 §3.10). Parameters of the path are renamed along.
 */
export function withReadablePath(operation: Operation): Operation {
  const { path, platformPath, parameters } = operation
  return {
    ...operation,
    path: readablePath(path),
    ...(platformPath === undefined ? {} : { platformPath: readablePath(platformPath) }),
    parameters: parameters.map((parameter) =>
      parameter.in === 'path' ? { ...parameter, name: variableName(parameter.name) } : parameter,
    ),
  }
}

function readablePath(path: string): string {
  const parts = path.trim().split(/(\{[^{}]*\})/)
  const text = parts
    .map((part, at) => (at % 2 === 1 ? `{${variableName(part.slice(1, -1))}}` : part.replace(/[{}\s]+/g, '')))
    .join('')
  return text.startsWith('/') ? text : `/${text}`
}

function variableName(name: string): string {
  return name.trim().replace(/[/?&={}\s]+/g, '_') || 'id'
}
