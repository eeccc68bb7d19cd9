/** Base64 of RFC 4648 section 4, strictly: what has two spellings could pass for two different proofs. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length > 0 && bytes.toString('base64') === text ? bytes : undefined;
}
