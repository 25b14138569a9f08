/** `.if` and its like, which choose lines when HAProxy starts (configuration manual, 2.4 "Conditional blocks"), as HAProxy of the image would. */

/** What HAProxy 3.0 of the image is made with, as `haproxy -vv` lists it (a container test compares). */
export const FEATURES: ReadonlySet<string> = new Set(
  'ACCEPT4 BACKTRACE CPU_AFFINITY CRYPT_H DL EPOLL GETADDRINFO LIBCRYPT LINUX_CAP LINUX_SPLICE LINUX_TPROXY LUA MATH NETFILTER NS OPENSSL OT PCRE2 PCRE2_JIT POLL PRCTL PROMEX QUIC QUIC_OPENSSL_COMPAT RT SHM_OPEN SLZ SSL SYSTEMD TFO THREAD THREAD_DUMP TPROXY'.split(
    ' ',
  ),
);

/** The versions of HAProxy and of its OpenSSL, as far as they stay in a Debian release (a container test compares). */
export const VERSIONS = { haproxy: '3.0', openssl: '3.5' } as const;

function isAtLeast(version: string, wanted: string): boolean {
  const parts = (text: string) => text.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const [own, other] = [parts(version), parts(wanted)];
  const at = other.findIndex((part, index) => part !== (own[index] ?? 0));
  return at < 0 || (own[at] ?? 0) > (other[at] ?? 0);
}

/** One term of a condition; null: nobody knows before HAProxy starts. */
function holds(term: string, variables: ReadonlyMap<string, string>): boolean | null {
  if (term.startsWith('!')) {
    const other = holds(term.slice(1).trim(), variables);
    return other === null ? null : !other;
  }
  if (/^-?\d+$/.test(term)) return Number(term) !== 0;
  if (term === 'true' || term === 'false') return term === 'true';
  const [, name = '', inside = ''] = /^([a-z_]+)\((.*)\)$/.exec(term) ?? [];
  const [first = '', second = ''] = inside.split(',').map((each) => each.trim());
  switch (name) {
    case 'feature':
      return FEATURES.has(first);
    case 'version_atleast':
      return isAtLeast(VERSIONS.haproxy, first);
    case 'version_before':
      return !isAtLeast(VERSIONS.haproxy, first);
    case 'openssl_version_atleast':
      return isAtLeast(VERSIONS.openssl, first);
    case 'openssl_version_before':
      return !isAtLeast(VERSIONS.openssl, first);
    case 'ssllib_name_startswith':
      return 'OpenSSL'.startsWith(first);
    case 'defined':
      return variables.has(first);
    case 'streq':
      return first === second;
    case 'strneq':
      return first !== second;
    default:
      return null;
  }
}

/** Whether a condition holds on the appliance: terms with `&&` and `||`, without parentheses around them; null: that is not known. */
function isTrue(condition: string, variables: ReadonlyMap<string, string>): boolean | null {
  const any = condition.split('||').map((all) => all.split('&&').map((term) => holds(term.trim(), variables)));
  if (any.some((all) => all.includes(null))) return null;
  return any.some((all) => all.every((term) => term === true));
}

/** A block that is open: whether its lines stay, whether an earlier branch was chosen, and whether anything is known of it. */
interface Block {
  readonly stays: boolean;
  readonly isChosen: boolean;
  readonly isKnown: boolean;
}

/** The blocks around a line while a configuration is read. */
export interface Choices {
  /** Whether lines stay that stand here. */
  readonly stays: () => boolean;
  /** A line that begins with a dot; the answer is whether it is understood. */
  readonly read: (keyword: string, condition: string, variables: ReadonlyMap<string, string>) => boolean;
}

/** No block is open yet. Of a block that is not understood all lines stay, for a person to choose. */
export function choices(): Choices {
  const open: Block[] = [];
  return {
    stays: () => open.every(({ stays }) => stays),
    read: (keyword, condition, variables) => {
      const block = open.at(-1);
      if (keyword === '.if') {
        const known = isTrue(condition, variables);
        open.push({ stays: known ?? true, isChosen: known ?? true, isKnown: known !== null });
        return known !== null;
      }
      if (keyword === '.endif') {
        open.pop();
        return block?.isKnown ?? false;
      }
      if (block === undefined || !block.isKnown || (keyword !== '.elif' && keyword !== '.else')) return false;
      const known = keyword === '.else' ? true : isTrue(condition, variables);
      const stays = !block.isChosen && (known ?? true);
      open[open.length - 1] = { stays, isChosen: block.isChosen || stays, isKnown: known !== null };
      return known !== null;
    },
  };
}
