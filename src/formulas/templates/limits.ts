/** What one formula, and one account, may have: whatever handles a formula, handles it in one go, and others wait. */
export const LIMITS = {
  steps: 1_000,
  triggers: 20,
  variables: 1_000,
  /** of all parts as JSON */
  bytes: 5 * 1024 * 1024,
  formulasOfAccount: 5_000,
  /** of whole formulas in one page of a list, or below one formula */
  shownBytes: 20 * 1024 * 1024,
} as const
