/**
 * How GStreamer's rtspsrc leaves: its main thread tells its connection's thread to pause and, without waiting, to close. Where the second word
 * comes before the PAUSE is written, rtspsrc cancels its own write, reports that as an end of file, and ends with exit code 1; it then sends TEARDOWN
 * over the same connection and gets its answer (GStreamer 1.22.0, from its log). All pictures are there by then.
 */
const CANCELLED_PAUSE =
  /ERROR: from element \S+: Could not write to resource\.\nAdditional debug info:\n.*\nCould not send message\. \(Received end-of-file\)\n/g;

/** What gst-launch-1.0 complained of, without that. */
export const complaintsOf = (stderr: string): string => stderr.replaceAll(CANCELLED_PAUSE, '');
