import type { VrrpInstance } from '../model.ts';

const nameable = /^[A-Za-z0-9_.-]+$/;
const addressable = /^[0-9A-Fa-f:.]+(\/\d{1,3})?$/;

/** A name as keepalived takes it: its reader knows quotes, but also `!`, `#`, `$` and `@` as words of its own. The schema refuses others; here they throw. */
function name(text: string): string {
  if (!nameable.test(text)) throw new Error(`not a name keepalived accepts: ${JSON.stringify(text)}`);
  return text;
}

function address(text: string): string {
  if (!addressable.test(text)) throw new Error(`not an address: ${JSON.stringify(text)}`);
  return text;
}

const block = (title: string, lines: readonly string[]): readonly string[] => [`${title} {`, ...lines.map((line) => `    ${line}`), '}'];

const familyOf = (text: string): 'ipv4' | 'ipv6' => (text.includes(':') ? 'ipv6' : 'ipv4');

/**
 * A VIP list that both nodes' adverts agree on holds one address, of the family that VRRP itself speaks; all others are excluded from the advert, so
 * that a change of theirs is no protocol mismatch (keepalived.conf(5), `virtual_ipaddress_excluded`).
 */
function vipBlocks({ name: called, vips, sourceAddress }: VrrpInstance): readonly string[] {
  const advertised = vips.find((vip) => familyOf(vip) === familyOf(sourceAddress));
  if (advertised === undefined) {
    throw new Error(`VRRP instance ${called} speaks ${familyOf(sourceAddress)} and has no VIP of that family: keepalived needs one`);
  }
  const excluded = vips.filter((vip) => vip !== advertised);
  return [
    ...block('virtual_ipaddress', [address(advertised)]),
    ...(excluded.length === 0 ? [] : block('virtual_ipaddress_excluded', excluded.map(address))),
  ];
}

/**
 * VRRPv3 by unicast, never with a weight: a tracked failure is FAULT, which gives the VIP up at once, while `nopreempt` with weights never does.
 * `timer_expired_backup`: a node that was stunned steps back when it wakes, so that a stun costs one move. A TTL of 255 is a neighbour's (RFC 5082).
 */
function instanceBlock(instance: VrrpInstance): readonly string[] {
  const {
    name: called,
    link,
    virtualRouterId,
    advertSeconds,
    priority,
    peerPriority,
    sourceAddress,
    peerAddress,
    vips: _inVipBlocks,
  } = instance;
  return block(`vrrp_instance ${name(called)}`, [
    'state BACKUP',
    'nopreempt',
    `interface ${name(link)}`,
    `virtual_router_id ${virtualRouterId}`,
    `priority ${priority}`,
    `advert_int ${advertSeconds}`,
    `timer_expired_backup ${peerPriority}`,
    `unicast_src_ip ${address(sourceAddress)}`,
    'unicast_ttl 255',
    ...block('unicast_peer', [`${address(peerAddress)} min_ttl 255 max_ttl 255`]),
    'unicast_fault_no_peer',
    ...vipBlocks(instance),
    ...block('track_file', ['maintenance']),
    ...block('track_script', ['haproxy_there', 'haproxy_answers']),
  ]);
}

/** Instances that prefer the same node move together: half of a site's addresses on each node is nobody's wish. Those that prefer the other stay apart. */
function syncGroups(instances: readonly VrrpInstance[]): readonly (readonly string[])[] {
  const priorities = [...new Set(instances.map(({ priority }) => priority))];
  return priorities
    .map((priority) => instances.filter((each) => each.priority === priority))
    .filter((together) => together.length > 1)
    .map((together) =>
      block(
        `vrrp_sync_group priority_${together[0]?.priority}`,
        block(
          'group',
          together.map((each) => name(each.name)),
        ),
      ),
    );
}

/** One of the two questions of check-haproxy. */
function script(question: 'there' | 'answers', patience: readonly string[]): readonly string[] {
  const lines = [`script "/usr/lib/weir/check-haproxy ${question}"`, ...patience, 'rise 2', 'init_fail'];
  return block(`vrrp_script haproxy_${question}`, lines);
}

/**
 * keepalived.conf of one node of a pair (keepalived 2.3). Real-time priority and the limit of its slice: a node that is busy must not lose its VIP
 * (acassen/keepalived #2066, #2312). The limit is a second of CPU without a pause: a guest is charged for the time that its host takes away, and the kernel
 * kills what is over it. An HAProxy that is gone is a failure when it is gone twice within a second, which tolerates one restart. One that is
 * there and does not answer may be one that the machine gives no time, which a guest does for a second or two: it fails after six questions. The first
 * script has time enough to be started on such a machine, a turn that is not over leaves out the next (keepalived.conf(5), vrrp_script).
 */
export function renderKeepalived(instances: readonly VrrpInstance[], node: string): string {
  const sections = [
    ['# written by weir from config.yaml, edits here are lost'],
    block('global_defs', [
      `router_id ${name(node)}`,
      'vrrp_version 3',
      'script_user keepalived_script',
      'enable_script_security',
      'max_auto_priority -1',
      'vrrp_rt_priority 50',
      'vrrp_no_swap',
      'vrrp_rlimit_rttime 1000000',
      'vrrp_check_unicast_src',
      'vrrp_garp_master_refresh 60',
      'vrrp_garp_lower_prio_repeat 5',
      'vrrp_higher_prio_send_advert true',
      'reload_check_config /run/weir/keepalived-reload.log',
      'json_version 2',
    ]),
    block('track_file maintenance', ['file /run/weir/maintenance', 'weight 0', 'init_file 0']),
    script('there', ['interval 0.5', 'timeout 3', 'fall 2']),
    script('answers', ['interval 0.5', 'timeout 0.4', 'fall 6']),
    ...syncGroups(instances),
    ...instances.map(instanceBlock),
  ];
  return sections.map((lines) => `${lines.join('\n')}\n`).join('\n');
}
