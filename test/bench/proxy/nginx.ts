import type { Certificates } from './certificates.ts';
import { type Configuration, ports } from './contender.ts';
import { origins } from './lab.ts';
import { sizes } from './load.ts';

/** As many fields as HAProxy's `option httplog` has, in its order; what nginx does not know is another number of its own. */
const logFormat = `'$remote_addr:$remote_port [$time_local] $server_name $proxy_host/$upstream_addr '
    '$request_time/$connection_requests/$upstream_connect_time/$upstream_header_time/$upstream_response_time '
    '$status $bytes_sent $http_cookie $sent_http_set_cookie $request_completion '
    '$connection/$connections_active/$connections_writing/$connections_waiting/$connections_reading $request_length/$pipe "$request"'`;

const suites = 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384';

function pems(certificates: Certificates) {
  const pem = (content: string) => ({ content, mode: 0o600 });
  return { '/etc/nginx/ecdsa.pem': pem(certificates.ecdsa), '/etc/nginx/rsa.pem': pem(certificates.rsa) };
}

function tls(kind: 'ecdsa' | 'rsa'): string {
  return `  server {
    listen ${ports[kind]} ssl reuseport backlog=65535;
    server_name bench.example;
    http2 on;
    ssl_certificate /etc/nginx/${kind}.pem;
    ssl_certificate_key /etc/nginx/${kind}.pem;
    include /etc/nginx/bench-server.conf;
  }`;
}

const general = (workers: number, connections: number) => `user www-data;
worker_processes ${workers};
worker_rlimit_nofile 20000;
daemon off;
pid /run/nginx.pid;
error_log stderr error;
events { worker_connections ${connections}; multi_accept on; }`;

const common = `  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  server_tokens off;
  keepalive_requests 100000000;
  http2_max_concurrent_streams 100;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_ciphers ${suites};
  ssl_prefer_server_ciphers off;
  ssl_session_cache shared:tls:20m;
  ssl_session_tickets on;`;

function servers(): string {
  return `  server {
    listen ${ports.clear} reuseport backlog=65535;
    server_name bench.example;
    include /etc/nginx/bench-server.conf;
  }
${tls('ecdsa')}
${tls('rsa')}`;
}

/**
 * nginx as a proxy at its best known settings (nginx.org, "ngx_http_upstream_module", keepalive; "ngx_http_proxy_module"): connections to the origin are
 * kept, HTTP/1.1 on both sides, a socket for each worker, nothing buffered on a disk, and a log line to the same kind of socket as HAProxy's.
 */
export function nginxConfiguration(certificates: Certificates, workers: number, idle: string | null = null): Configuration {
  const text = `${general(workers, 19_000)}
http {
${common}
  keepalive_timeout ${idle ?? '60s'};
${idle === null ? '' : `  client_header_timeout ${idle};\n`}  log_format weir ${logFormat};
  access_log syslog:server=unix:/mnt/log,facility=local0,tag=nginx,severity=info,nohostname weir;
  upstream app {
    server ${origins[0]}:8080;
    server ${origins[1]}:8080;
    keepalive 512;
    keepalive_requests 100000000;
    keepalive_timeout 60s;
  }
  proxy_http_version 1.1;
  proxy_set_header Host $host;
  proxy_set_header Connection "";
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_max_temp_file_size 0;
  proxy_buffer_size 16k;
  proxy_buffers 16 64k;
  proxy_busy_buffers_size 256k;
  proxy_socket_keepalive on;
  proxy_next_upstream error timeout;
${servers()}
}
`;
  const location = 'location / { proxy_pass http://app; }\n';
  const files = { ...pems(certificates), '/etc/nginx/bench.conf': text, '/etc/nginx/bench-server.conf': location };
  return { name: 'nginx', argv: ['nginx', '-c', '/etc/nginx/bench.conf'], files, text: `${text}# bench-server.conf\n${location}` };
}

/** nginx as the origin behind everyone, and as what the direct connection asks: 1 kB from memory, 100 kB and 10 MB from files. */
export function originConfiguration(certificates: Certificates, workers: number): Configuration {
  const text = `${general(workers, 19_000)}
http {
${common}
  keepalive_timeout 3600s;
  client_header_timeout 3600s;
  access_log off;
  open_file_cache max=10;
  root /srv;
${servers()}
  server {
    listen 8080 reuseport backlog=65535;
    include /etc/nginx/bench-server.conf;
  }
}
`;
  const kilobyte = `location = /1k { return 200 "${'x'.repeat(sizes['/1k'])}"; }\n`;
  const files = {
    ...pems(certificates),
    '/etc/nginx/bench.conf': text,
    '/etc/nginx/bench-server.conf': kilobyte,
    '/srv/100k': 'x'.repeat(sizes['/100k']),
    '/srv/10m': 'x'.repeat(sizes['/10m']),
  };
  return { name: 'origin', argv: ['nginx', '-c', '/etc/nginx/bench.conf'], files, text };
}
