/** Compression of what passes (configuration manual, 4.2 "compression algo"). */
export interface Compression {
  readonly algorithms: readonly string[];
  readonly types: readonly string[];
  readonly direction: 'response' | 'request' | 'both';
  readonly offload: boolean;
}
