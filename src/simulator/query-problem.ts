/** Something in a query that the vendor cannot read. */
export class QueryProblem extends Error {
  readonly parameter: string
  /** the vendor's word for the kind of problem, where its language has several */
  readonly code: string | undefined

  constructor(parameter: string, message: string, code?: string) {
    super(message)
    this.name = 'QueryProblem'
    this.parameter = parameter
    this.code = code
  }
}
