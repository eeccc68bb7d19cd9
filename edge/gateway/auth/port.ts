/** Who may pull. One store serves RTSP digest and the console; implemented in `store.ts`. */
export interface Credentials {
  /** True when the password is right; constant time, also for an unknown user. */
  verifyPassword(user: string, password: string): Promise<boolean>;
  /** Digest `HA1 = H(user:realm:password)` in lower-case hex, or undefined for an unknown user. Realm is always `REALM`. */
  digestHa1(user: string, algorithm: 'MD5' | 'SHA-256'): string | undefined;
}

export const REALM = 'garim';
