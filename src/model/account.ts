/** Who is asking: one user of one account of one organization (spec 50 §1), with what its roles allow. */
export interface Caller {
  userId: number
  accountId: number
  organizationId: number
  email: string
  firstName: string
  lastName: string
  /** of the organization: only its users may administer the organization (spec 50 §6) */
  defaultAccount: boolean
  /** holds `org-admin` */
  organizationAdmin: boolean
  /** holds `admin`; an organization administrator is one in every account */
  accountAdmin: boolean
  /** holds `customer-admin`: may sign up and delete organizations (spec 01 §3) */
  customerAdmin: boolean
  /** holds `vdrAdmin`: writes common resources of the whole server (spec 20 §1.1) */
  vdrAdmin: boolean
  /** calls speak the words of the hub's model when they do not say (setting `hub.model`) */
  prefersHubModel?: boolean
  /** keys of spec 50 §7, of all effective roles together */
  privileges: ReadonlySet<string>
  /** the request in whose name this is done; absent for what the hub does by itself */
  via?: RequestFacts
}

/** Of a platform call, for the audit log. */
export interface RequestFacts {
  requestId: string
  method: string
  /** with the prefix `/elements/api-v2`, without query */
  uri: string
  ip: string
  /** how many changes were recorded for it */
  changes: number
}

/** What the Authorization header carried (spec 00 §2.1); secrets as sent. */
export interface Credentials {
  user?: string
  organization?: string
  element?: string
  bearer?: string
}
