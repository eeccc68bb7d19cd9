/** What is wrong with a setting that can only be judged by looking elsewhere: at a variable, or at another file. */
export interface Fault {
  what: string;
  fix: string;
  /** Of this machine only: the file may be right. */
  isLocal: boolean;
}
