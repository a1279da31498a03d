import Type from 'typebox'

/** What bodies of people, accounts and organizations are made of; `accounts/read-members.ts` says what becomes of each. */

/** Numbers come where text is meant (spec 00 §13); null takes the value away. */
export const Text = Type.Union([Type.String(), Type.Number(), Type.Null()])
/** `"true"` is true as well (spec 00 §13). */
export const Switch = Type.Union([Type.Boolean(), Type.String(), Type.Null()])
/** Only the keys are read: roles may be sent back as they were answered. */
export const RoleKeys = Type.Union([Type.Array(Type.Object({ key: Type.String() })), Type.Null()])
