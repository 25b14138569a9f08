/** Where an apply keeps what it needs: `/run` is lost with a boot, so that a reboot is a rollback; `/data/weir` stays. */
export const places = {
  lock: '/run/weir/lock',
  journal: '/run/weir/apply.json',
  /** Number of the step that was begun last. */
  step: '/run/weir/apply.step',
  /** Every file weir has laid, a path a line; during an apply those of both documents. */
  manifest: '/run/weir/manifest',
  /** First values of this boot of the kernel values that weir has set: `path<TAB>value` lines. */
  originals: '/run/weir/originals',
  /** First values of this boot of what NICs held beside it and lost when they made their queues anew: as originals, but nothing that a target wants. */
  kept: '/run/weir/kept',
  /** That a person gave the kernel's values back (`weir tune reset`). */
  reset: '/run/weir/reset.json',
  /** What `nft -s -t list table inet weir` said when the table was loaded; `activate` writes it. */
  loadedFirewall: '/run/weir/nftables.loaded',
  /** Who is blocked, and until when; `activate` makes elements of the firewall's sets of it. */
  blocks: '/run/weir/blocks',
  /** What was changed of the running machine beside the document, until the next boot. */
  runtime: '/run/weir/runtime.json',
  /** Where servers are that were moved beside the document, for the firewall; `activate` loads it. */
  moved: '/run/weir/moved.nft',
  /** Held while HAProxy reloads, and while it is changed without a reload. */
  reloadLock: '/run/weir/haproxy.lock',
  /** Files that the real programs check. */
  staged: '/run/weir/staged',
  /** Where a private HAProxy has what it needs while it is asked something. */
  route: '/run/weir/route',
  generations: '/data/weir/generations',
  /** Generations that are not confirmed yet: out of sight of the boot tools. */
  pending: '/data/weir/pending',
  /** A symbolic link to `generations/<id>`. */
  confirmed: '/data/weir/confirmed',
  blobs: '/data/weir/blobs',
  /** HAProxy's stats-file; keep-haproxy writes it. */
  counters: '/run/weir/haproxy.stats',
  haproxyConfig: '/run/weir/haproxy.cfg',
  /** Where HAProxy and its workers are administered: on a worker's own socket, an old one may still answer for a moment after a reload. */
  haproxyMaster: '/run/weir/haproxy-master.sock',
  keepHaproxy: '/usr/lib/weir/keep-haproxy',
  activate: '/usr/lib/weir/activate',
  restore: '/usr/lib/weir/restore',
} as const;

/** The rules that keep what a generation closed open for who still uses it; the firewall includes every `draining*.nft`. */
export function drainingFile(generation: string): string {
  return `/run/weir/draining-${generation}.nft`;
}
