import { expect, test } from 'vitest';
import { load } from '../../appliance/config/load.ts';
import { missingNics } from '../../appliance/state/nics.ts';
import { hardware } from '../agent/running.ts';

test('NICs that a node names and its machine does not have are problems at their place, which name those it has', () => {
  const { config, problems } = load(
    `version: 1
nodes:
  lb1:
    links:
      front: { mac: "52:54:00:00:00:01", addresses: dhcp }
      back: { pci: "0000:5e:00.0", addresses: [10.0.0.2/24] }
      trunk: { bond: ["52:54:00:00:00:06", "52:54:00:00:00:07"], mode: active-backup, vlan: 5, addresses: [10.0.1.2/24] }
      tagged: { link: back, vlan: 7, addresses: [10.0.2.2/24] }
`,
    { file: 'config.yaml', files: null },
  );
  if (config === null) throw new Error(JSON.stringify(problems));
  expect(missingNics(config, 'lb1', hardware)).toEqual([
    {
      at: ['nodes', 'lb1', 'links', 'back', 'pci'],
      message: 'this machine has no NIC 0000:5e:00.0',
      hint: 'its own are: front 52:54:00:00:00:01',
    },
    {
      at: ['nodes', 'lb1', 'links', 'trunk', 'bond', 0],
      message: 'this machine has no NIC 52:54:00:00:00:06',
      hint: 'its own are: front 52:54:00:00:00:01',
    },
    {
      at: ['nodes', 'lb1', 'links', 'trunk', 'bond', 1],
      message: 'this machine has no NIC 52:54:00:00:00:07',
      hint: 'its own are: front 52:54:00:00:00:01',
    },
  ]);
});
