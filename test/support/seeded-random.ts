/** A repeatable stream of bytes that passes for random: AES-128-CTR under a key made from the seed. */
import { createCipheriv } from 'node:crypto';

export function seededRandom(seed: number): (bytes: Buffer) => void {
  const key = Buffer.alloc(16);
  key.writeDoubleLE(seed);
  const cipher = createCipheriv('aes-128-ctr', key, Buffer.alloc(16));
  return (bytes) => {
    cipher.update(Buffer.alloc(bytes.length)).copy(bytes);
  };
}
