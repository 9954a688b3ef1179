// How long an upstream is waited for before the client is told something else, when nothing is cached: one figure for all
// that mirrors answer. Headers that take ten seconds are too late for clients (REQ-48), and ours take a part of them.
export const longestWaitSeconds = 9;
