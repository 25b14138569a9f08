import { expect, test } from 'vitest';
import { weir } from './weir.ts';

test.each([
  [['cert', 'lisst'], 'did you mean "list"?'],
  [['cert', 'constructor'], 'there is no "weir cert constructor"'],
  [['cert', 'list', '--san', 'a.example'], 'weir cert list takes no --san'],
  [['cert', 'list', 'shop'], 'list takes nothing more'],
  [['cert', 'request', 'shop', '--rsa', '2047'], '"2047" is not a number of bits from 2048 to 4096'],
  [['cert', 'install', 'shop'], 'install takes a name and a file'],
  [['cert', 'install', 'shop', '/no/such.pem'], 'cannot read /no/such.pem: there is no such file'],
  [['cert', 'import', '/tmp/7 8.pfx'], '"7 8" is no name of a certificate'],
  [['cert', 'import', '/no/such.pfx'], 'cannot read /no/such.pfx'],
  [['cert', 'reload', 'a', 'b'], 'reload takes one name, or none for all'],
  [['block', '192.0.2.1', '--for', '31d'], '"31d" is not between 30 seconds and 30 days'],
  [['block', '192.0.2.1', '--for', '-5m'], '"-5m" is not a time'],
  [['block', 'remove', '192.0.2.1', '--for', '5m'], 'remove takes no time'],
  [['block', 'list', 'x'], 'list takes nothing more'],
])('weir %j is refused: %s', async (argv, said) => {
  const { code, stdout, stderr } = await weir(...argv);
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(said) });
  const asJson = await weir(...argv, '--json');
  expect(JSON.parse(asJson.stdout)).toMatchObject({ version: 1, problems: [{ message: expect.any(String) }] });
});
