/** Callers are told apart by who they are; there is nobody but the anonymous one yet. */
export const anonymousCaller = 'anonymous';
