import type { Fate } from '../../haproxy/import/ledger.ts';

/** What becomes of a word that no document has, and why: `own` is weir's business, `dropped` is gone. */
export interface Gone {
  readonly fate: Extract<Fate, 'own' | 'dropped'>;
  readonly reason: string;
}

/** What the appliance decides itself, as which words say. */
export const own = (reason: string): Gone => ({ fate: 'own', reason: `weir sets it: ${reason}` });
/** What nothing on the appliance does, and what to do instead. */
export const dropped = (reason: string): Gone => ({ fate: 'dropped', reason });

const SCRIPTS = dropped('nothing on the appliance runs a script when a node takes over: watch `weir status --check`');
const MAIL = dropped('the appliance sends no mail: watch `weir status --check`');
const LVS = dropped('HAProxy balances here, not LVS: write a frontend and a backend in mode tcp; UDP has none');
const STAYS = own('VIPs stay where they are when a node comes back');
const VMAC = dropped('there are no virtual MAC addresses: gratuitous ARP says where a VIP is');
const UNAUTHENTICATED = dropped('VRRPv3 has none (RFC 5798, 9): a peer is known by its address and a TTL of 255');

/** Words of a `vrrp_instance` (keepalived.conf(5), "VRRP instance(s)"). */
export const INSTANCE: Readonly<Record<string, Gone>> = {
  advert_int: own('adverts come every 0.3 s, in virtual machines every second; advert: says otherwise'),
  nopreempt: STAYS,
  preempt: dropped('VIPs stay where they are when a node comes back'),
  preempt_delay: dropped('VIPs stay where they are when a node comes back: nothing is to be delayed'),
  authentication: UNAUTHENTICATED,
  auth_type: UNAUTHENTICATED,
  auth_pass: UNAUTHENTICATED,
  notify: SCRIPTS,
  notify_master: SCRIPTS,
  notify_backup: SCRIPTS,
  notify_fault: SCRIPTS,
  notify_stop: SCRIPTS,
  notify_deleted: SCRIPTS,
  notify_master_rx_lower_pri: SCRIPTS,
  smtp_alert: MAIL,
  use_vmac: VMAC,
  use_vmac_addr: VMAC,
  vmac_xmit_base: VMAC,
  virtual_routes: dropped('write routes: at the link'),
  virtual_rules: dropped('a link with a gateway has a routing table of its own, for its addresses and VIPs'),
  version: own('VRRPv3'),
  mcast_src_ip: own('the nodes speak by unicast, from the address of their link'),
  mcast_dst_ip: own('the nodes speak by unicast'),
  unicast_ttl: own('255, which is a neighbour only'),
  unicast_fault_no_peer: own('a node without a peer holds no VIP'),
  check_unicast_src: own('adverts of others are not believed'),
  dont_track_primary: dropped('the link of an instance is always watched'),
  lvs_sync_daemon_interface: LVS,
  track_bfd: dropped('what is watched is the link and HAProxy itself'),
  track_process: own('HAProxy is asked whether it serves'),
  track_file: own('`weir` has a file of its own for maintenance'),
  garp_master_delay: own('gratuitous ARP is sent at once, and again each minute'),
  garp_master_repeat: own('gratuitous ARP is sent at once, and again each minute'),
  garp_master_refresh: own('gratuitous ARP is sent at once, and again each minute'),
  garp_master_refresh_repeat: own('gratuitous ARP is sent at once, and again each minute'),
  garp_lower_prio_delay: own('gratuitous ARP is sent at once, and again each minute'),
  garp_lower_prio_repeat: own('gratuitous ARP is sent at once, and again each minute'),
  debug: dropped('it is for a terminal'),
  native_ipv6: own('an instance speaks the family of its VIPs'),
  accept: own('a node answers at the VIPs that it holds'),
  strict_mode: own('VRRPv3'),
};

/** Blocks at the top that no document has (keepalived.conf(5)). */
export const TOP: Readonly<Record<string, Gone>> = {
  virtual_server: LVS,
  virtual_server_group: LVS,
  SSL: LVS,
  static_ipaddress: dropped('write addresses: at the link'),
  static_routes: dropped('write routes: at the link'),
  static_rules: dropped('write routes: at the link'),
  vrrp_track_file: own('`weir` has a file of its own for maintenance'),
  track_file: own('`weir` has a file of its own for maintenance'),
  vrrp_track_process: own('HAProxy is asked whether it serves'),
  bfd_instance: dropped('what is watched is the link and HAProxy itself'),
  garp_group: own('gratuitous ARP is sent at once, and again each minute'),
  include: dropped('write what the file holds in its place'),
  includer: dropped('write what the file holds in its place'),
  includem: dropped('write what the file holds in its place'),
  includew: dropped('write what the file holds in its place'),
  includeb: dropped('write what the file holds in its place'),
  net_namespace: dropped('there is one network on the appliance'),
  instance: dropped('there is one keepalived on the appliance'),
};

/** Words of `global_defs`. */
export function goneFromGlobal(word: string): Gone {
  if (/^(?:notification_email|notification_email_from|smtp_.*)$/.test(word)) return MAIL;
  if (/^(?:lvs_.*|checker_.*|.*ipvs.*)$/.test(word)) return LVS;
  if (/^(?:notify_.*|shutdown_script.*|startup_script.*)$/.test(word)) return SCRIPTS;
  return own('how keepalived runs, and how it speaks VRRPv3');
}

/** What becomes of a script that is watched. */
export const scriptGone = (isOfHaproxy: boolean): Gone =>
  isOfHaproxy
    ? own('HAProxy itself is asked whether it serves')
    : dropped('what is watched is the link and HAProxy itself: a script of yours has no option');
