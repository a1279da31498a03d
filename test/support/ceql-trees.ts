import fc from 'fast-check'
import type { Comparison, Group, Membership, NullTest, Select, Value, Where } from '../../src/ceql/ast.ts'

/** Trees of CEQL as no caller would write them, for properties. */
const name = fc.oneof(
  fc.constantFrom('id', 'a.b', 'Modified Time', 'from', 'null', 'OR', '`', "it's", '*', '(', ' a ', '’x’', 'größe'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
)
const value: fc.Arbitrary<Value> = fc.oneof(
  fc
    .oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', "''", 'a and b', '15', 'true', ') limit 5', '’'))
    .map((text): Value => ({ text, type: 'text' })),
  fc
    .oneof(fc.integer().map(String), fc.constantFrom('0.50', '-1e+9', '12345678901234567890'))
    .map((text): Value => ({ text, type: 'number' })),
  fc.constantFrom('true', 'False').map((text): Value => ({ text, type: 'boolean' })),
)
export const { where } = fc.letrec<{ where: Where }>((tie) => ({
  where: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.record<Comparison>({
      kind: fc.constant('comparison'),
      attribute: name,
      operator: fc.constantFrom('=', '!=', '<', '>', '<=', '>=', 'LIKE', 'NOT LIKE'),
      value,
    }),
    fc.record<Membership>({
      kind: fc.constant('membership'),
      attribute: name,
      operator: fc.constantFrom('IN', 'NOT IN'),
      values: fc.array(value, { minLength: 1, maxLength: 4 }),
    }),
    fc.record<NullTest>({
      kind: fc.constant('nullTest'),
      attribute: name,
      operator: fc.constantFrom('IS NULL', 'IS NOT NULL'),
    }),
    fc.record<Group>({
      kind: fc.constantFrom('and', 'or'),
      terms: fc.array(tie('where'), { minLength: 2, maxLength: 3 }),
    }),
  ),
}))
export const select: fc.Arbitrary<Select> = fc.record(
  {
    fields: fc.array(name, { minLength: 1, maxLength: 3 }),
    from: name,
    where,
    orderBy: fc.array(fc.record({ name, direction: fc.constantFrom('asc', 'desc') }), { maxLength: 3 }),
    limit: fc.nat(),
  },
  { requiredKeys: ['from', 'orderBy'] },
)
