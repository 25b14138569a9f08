import { describe, expect, test } from 'vitest';
import { parseInfo, parseProcesses, parseReload } from '../../proxy/haproxy/runtime.ts';

// answers of HAProxy 3.0.11
const info = `Name: HAProxy
Version: 3.0.11-1+deb13u5
Release_date: 2026/11/18
Nbthread: 2
Pid: 6421
Uptime: 0d 0h00m01s
Uptime_sec: 1
Ulimit-n: 20000
Maxsock: 20000
Maxconn: 9973
CurrConns: 3
node: lb1
description: weir abcdef012345
Stopping: 0
DroppedLogs: 7
PipesUsed: 3
PipesFree: 2
TotalSplicedBytesOut: 16000000

`;
const processes = `#<PID>          <type>          <reloads>       <uptime>        <version>      
6258            master          2 [failed: 1]   0d00h00m04s     3.0.11-1+deb13u5
# workers
6421            worker          1               0d00h00m02s     3.0.11-1+deb13u5
# old workers
6261            worker          2               1d02h03m04s     3.0.11-1+deb13u5
6200            worker          3               1d02h03m05s     3.0.11-1+deb13u5
# programs

`;
const refused = `Success=0
--
[NOTICE]   (6258) : haproxy version is 3.0.11-1+deb13u5
[ALERT]    (6258) : config : parsing [/run/weir/haproxy.cfg:15] : unknown keyword 'foo' in 'listen' section
[WARNING]  (6258) : Loading failure!

`;

describe('what HAProxy answers', () => {
  test('says which generation a worker runs', () => {
    expect(parseInfo(info)).toEqual({
      pid: 6421,
      version: '3.0.11-1+deb13u5',
      mark: 'abcdef012345',
      uptimeSeconds: 1,
      threads: 2,
      maxconn: 9973,
      connections: 3,
      maxsock: 20000,
      droppedLogs: 7,
      splicing: { pipesUsed: 3, pipesFree: 2, bytes: 16_000_000 },
      isStopping: false,
    });
    expect(parseInfo(info.replace('weir abc', 'mine abc'))?.mark).toBeNull();
  });

  test('that is cut off is no answer', () => {
    expect(parseInfo('')).toBeNull();
    expect(parseInfo('Name: HAProxy\n')).toBeNull();
    expect(parseProcesses('')).toBeNull();
    expect(parseReload('')).toEqual({ isDone: false, log: [] });
  });

  test('tells workers from those that a reload has replaced', () => {
    expect(parseProcesses(processes)).toEqual({
      master: { pid: 6258, reloads: 2, uptimeSeconds: 4, failedReloads: 1 },
      workers: [{ pid: 6421, reloads: 1, uptimeSeconds: 2 }],
      old: [
        { pid: 6261, reloads: 2, uptimeSeconds: 93784 },
        { pid: 6200, reloads: 3, uptimeSeconds: 93785 },
      ],
    });
  });

  test('to a reload is success only where it says so, and the reason is kept', () => {
    expect(parseReload('Success=1\n--\n[NOTICE]   (6258) : Loading success.\n\n')).toEqual({
      isDone: true,
      log: ['[NOTICE]   (6258) : Loading success.'],
    });
    const answer = parseReload(refused);
    expect(answer.isDone).toBe(false);
    expect(answer.log.join('\n')).toContain("unknown keyword 'foo'");
  });
});
