// Two demo web servers, app1 and app2, that answer with their own names. Prints three ports when they listen: app1's, app2's,
// and a free one that stands for the VIP on this machine; then says on standard error when the VIP answers for the first time.
// A port that is taken is passed over for the next one.
import { createServer, get } from 'node:http';

const listen = (server, port) =>
  new Promise((resolve, reject) => {
    server.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(listen(server, port + 1)) : reject(error)));
    server.listen(port, '127.0.0.1', () => resolve(server.address().port));
  });

const free = async (port) => {
  const server = createServer();
  const found = await listen(server, port);
  await new Promise((resolve) => server.close(resolve));
  return found;
};

const entry = await free(8080);
const ports = [];
for (const name of ['app1', 'app2']) {
  const server = createServer((request, response) => response.end(`${name} ${request.url}\n`));
  ports.push(await listen(server, Math.max(8081, entry + 1)));
}
console.log([...ports, entry].join(' '));

const url = `http://127.0.0.1:${entry}/`;
const ask = () =>
  get(url, { timeout: 1000 }, (response) => {
    response.resume();
    if (response.statusCode === 200) console.error(`\r\nweir serves: try  curl ${url}  a few times (app1, app2 take turns)\r`);
    else again();
  })
    .on('timeout', (request) => request?.destroy())
    .on('error', again);
const again = () => setTimeout(ask, 1000);
again();
