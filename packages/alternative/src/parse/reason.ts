/** Why a message is invalid, in the order in which they are looked for (contract, section 3); `type` over all variables before `range`. */
export const REASONS = ['too_large', 'utf8', 'json', 'key', 'time', 'id', 'type', 'range'] as const;
export type Reason = (typeof REASONS)[number];
