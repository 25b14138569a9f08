/** Name servers that are asked at run time (configuration manual, 5.3 "Server IP address resolution using DNS"). */
export interface Resolvers {
  readonly name: string;
  readonly nameservers: readonly {
    readonly name: string;
    readonly protocol: 'udp' | 'tcp';
    readonly address: string;
    readonly port: number;
  }[];
  /** HAProxy's words of the section: `hold valid`, `timeout retry`, `accepted_payload_size`, … */
  readonly settings: readonly (readonly [string, string | number])[];
}
