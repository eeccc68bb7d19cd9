/** Where a box has its time from: the form of a server's name, and the file by which systemd-timesyncd follows it. */

/** No spaces and no line ends: it goes into a file of systemd. */
export const TIME_SERVER = /^[0-9A-Za-z][0-9A-Za-z.:_-]{0,252}$/;
export const TIME_DROP_IN = '/etc/systemd/timesyncd.conf.d/50-garim.conf';

/** The empty line takes out servers that other files name. */
export function timeDropIn(server: string): string {
  return `# Written by garim time.\n[Time]\nNTP=\nNTP=${server}\n`;
}
