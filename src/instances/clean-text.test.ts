import { expect, test } from 'vitest'
import { withoutHtml } from './clean-text.ts'

for (const [name, given, expected] of [
  ['a tag goes, its text stays (spec 00 §13)', '<a href="https://x.test">x</a>', 'x'],
  ['text without tags', 'Sales & Co.', 'Sales & Co.'],
  ['a comparison is no tag', 'a < b > c', 'a < b > c'],
  ['a heart is no tag', 'I <3 CRM', 'I <3 CRM'],
  ['an unclosed tag is text', 'a <b', 'a <b'],
  ['comments and declarations go', '<!-- x -->a<!DOCTYPE html>', 'a'],
  ['blanks around go', '  <b> Ada </b> ', 'Ada'],
  ['nested tags do not leave a tag', '<<b>script>alert(1)<</b>/script>', 'alert(1)'],
  ['nor do two levels of them', '<<<b>b>script>x', 'x'],
  ['nothing is left of nothing but tags', '<br/><br>', ''],
  ['letters beyond the basic plane', '<b>🚀</b>', '🚀'],
] as const) {
  test(name, () => {
    expect(withoutHtml(given)).toBe(expected)
  })
}

for (const [name, text] of [
  ['open brackets', '<'.repeat(100_000)],
  ['tag starts', '<a'.repeat(50_000)],
  ['tags', '<b>'.repeat(30_000)],
  ['closing brackets', '>'.repeat(100_000)],
  ['nested tags', `${'<'.repeat(50_000)}${'b>'.repeat(50_000)}`],
] as const) {
  test(`100,000 characters of ${name} take no time`, () => {
    const started = performance.now()
    withoutHtml(text)
    expect(performance.now() - started).toBeLessThan(2000)
  })
}
