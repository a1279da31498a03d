/**
 * `GET /elements/{keyOrId}/instances/{id}` → `getElementsByKeyOrIdInstancesById`: unique because method and path are, and as stable
 * as they are. Generators make names of functions of it.
 */
export function operationId(method: string, path: string): string {
  const words = path
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => segment.replace(/^\{(.*)\}$/, 'by-$1'))
    .flatMap((segment) => segment.split(/[^A-Za-z0-9]+/))
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}
