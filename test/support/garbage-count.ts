/** How many malformed messages the stub camera process sends for `stub:garbage-messages`; apart, since importing the stub runs it. */
export const GARBAGE_COUNT = 12;
