// A web server for tests: GET /N answers N bytes, PUT answers how many bytes came. `node web.mjs ADDRESS PORT`
import { createServer } from 'node:http';

const [, , address, port] = process.argv;
createServer(async (request, response) => {
  let received = 0;
  for await (const chunk of request) received += chunk.length;
  const wanted = Number(request.url?.slice(1));
  response.end(request.method === 'PUT' ? String(received) : Buffer.alloc(Number.isInteger(wanted) ? wanted : 0, 'x'));
}).listen(Number(port), address, () => process.stdout.write('ready\n'));
