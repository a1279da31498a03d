import { expect, test } from 'vitest'
import { pageLimits } from './page.ts'

for (const [name, configuration, objectName, expected] of [
  ['nothing is declared', {}, undefined, { max: 5000, default: 200 }],
  ['pagination.max', { 'pagination.max': '100' }, undefined, { max: 100, default: 100 }],
  ['a large maximum leaves the default', { 'pagination.max': '1000' }, undefined, { max: 1000, default: 200 }],
  ['never more than the platform allows', { 'pagination.max': '10000' }, undefined, { max: 5000, default: 200 }],
  ['per object', { 'pagination.max': '{"users":"50","default":"30"}' }, 'users', { max: 50, default: 50 }],
  [
    'the default of all objects',
    { 'pagination.max': '{"users":"50","default":"30"}' },
    'deals',
    { max: 30, default: 30 },
  ],
  [
    'a resource without an object',
    { 'pagination.max': '{"users":50,"default":30}' },
    undefined,
    { max: 30, default: 30 },
  ],
  [
    'bounds win over pagination.max',
    { pagination: '{"minPageSize":"1","maxPageSize":"100","defaultPageSize":"50"}', 'pagination.max': '20' },
    undefined,
    { max: 100, default: 50 },
  ],
  [
    'bounds as numbers',
    { pagination: '{"maxPageSize":100,"defaultPageSize":50}' },
    undefined,
    { max: 100, default: 50 },
  ],
  [
    'a default above the maximum is cut',
    { pagination: '{"maxPageSize":10,"defaultPageSize":50}' },
    undefined,
    { max: 10, default: 10 },
  ],
  ['text that is no number says nothing', { 'pagination.max': 'many' }, undefined, { max: 5000, default: 200 }],
  [
    'nor do zero, halves and less than nothing',
    { 'pagination.max': '0', pagination: '{"maxPageSize":-1,"defaultPageSize":1.5}' },
    undefined,
    { max: 5000, default: 200 },
  ],
  [
    'damaged JSON says nothing',
    { pagination: '{"maxPageSize":', 'pagination.max': '20' },
    undefined,
    { max: 20, default: 20 },
  ],
  [
    'an object called like a member of all objects',
    { 'pagination.max': '{"default":"30"}' },
    'constructor',
    { max: 30, default: 30 },
  ],
] as [string, Record<string, string>, string | undefined, object][]) {
  test(name, () => {
    expect(pageLimits(configuration, objectName)).toEqual(expected)
  })
}
