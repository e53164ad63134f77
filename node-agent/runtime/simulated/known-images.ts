import type { ImageDefinition } from "./image.ts";

const NGINX_PAGE = `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>This page is answered by a simulated container.</p>
</body>
</html>
`;

/** The test image of Kubernetes itself, which others are built on. */
const AGNHOST: ImageDefinition = {
  names: ["agnhost"],
  sizeBytes: 53_000_000,
  entrypoint: ["/agnhost"],
  command: ["pause"],
  programs: { "/agnhost": "builtin:agnhost", "/agnhost-2": "builtin:agnhost" },
  files: {
    "/localhost.crt": { generated: "certificate" },
    "/localhost.key": { generated: "key" },
    "/uploads": { directory: true },
    "/etc/os-release": 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.22.0\nPRETTY_NAME="Alpine Linux v3.22"\n',
  },
  examples: [
    { seconds: 1, stdout: 'Paused\nSignals registered\nexiting because of signal "terminated"\n', exit: 2 },
    {
      run: ["/agnhost-2", "entrypoint-tester", "a", "b"],
      stdout: "[/agnhost-2 entrypoint-tester a b]\n",
    },
    {
      run: ["/agnhost", "mounttest", "--new_file_0644=/tmp/new"],
      stdout: 'content of file "/tmp/new": mount-tester new file\n\n',
    },
  ],
};

/** Images whose behaviour is known, with examples that a test holds them to. All others run as servers do. */
export const knownImages: readonly ImageDefinition[] = [
  {
    names: ["pause"],
    sizeBytes: 320_000,
    entrypoint: ["/pause"],
    programs: { "/pause": "builtin:serve" },
    shell: false,
    examples: [{ seconds: 1, stdout: "" }],
  },
  {
    names: ["busybox"],
    sizeBytes: 2_160_000,
    command: ["sh"],
    examples: [
      { stdout: "" },
      { run: ["sh", "-c", "exit 3"], exit: 3 },
      { run: ["/bin/sh", "-c", "for i in 1 2 3; do echo $((i * i)); done"], stdout: "1\n4\n9\n" },
      { run: ["sh", "-c", "echo $GREETING"], env: { GREETING: "hello there" }, stdout: "hello there\n" },
      { run: ["sh", "-c", "cat /missing"], stdout: "cat: can't open '/missing': No such file or directory\n", exit: 1 },
      { run: ["sh", "-c", "echo one > /tmp/a; cat /tmp/a /tmp/a | wc -l"], stdout: "2\n" },
      { run: ["sh", "-c", "if [ $(expr 4 % 2) -eq 0 ]; then exit 0; fi; exit 1"] },
      { run: ["/bin/sysctl", "kernel.shm_rmid_forced"], stdout: "kernel.shm_rmid_forced = 0\n" },
      { run: ["false"], exit: 1 },
    ],
  },
  { names: ["alpine"], sizeBytes: 3_650_000, command: ["/bin/sh"] },
  {
    names: ["nginx"],
    sizeBytes: 72_000_000,
    entrypoint: ["/docker-entrypoint.sh"],
    command: ["nginx", "-g", "daemon off;"],
    programs: { "/docker-entrypoint.sh": "builtin:exec", nginx: "builtin:serve" },
    files: { "/usr/share/nginx/html/index.html": NGINX_PAGE },
    ports: { 80: { http: { root: "/usr/share/nginx/html", server: "nginx/1.27.0", log: true } } },
    examples: [{ seconds: 1, stdout: "" }],
  },
  {
    names: ["httpd"],
    sizeBytes: 58_000_000,
    command: ["httpd-foreground"],
    programs: { "httpd-foreground": "builtin:serve" },
    files: { "/usr/local/apache2/htdocs/index.html": "<html><body><h1>It works!</h1></body></html>\n" },
    ports: { 80: { http: { root: "/usr/local/apache2/htdocs", server: "Apache/2.4.62 (Unix)" } } },
  },
  AGNHOST,
  ...["kitten", "nautilus"].map(
    (name): ImageDefinition => ({
      ...AGNHOST,
      names: [name],
      command: ["test-webserver"],
      files: { ...AGNHOST.files, "/data.json": `{\n  "image": "${name}.jpg"\n}\n`, [`/${name}.jpg`]: "a picture\n" },
      examples: [{ run: ["cat", "/data.json"], stdout: `{\n  "image": "${name}.jpg"\n}\n` }],
    }),
  ),
  {
    names: ["nonewprivs"],
    sizeBytes: 7_000_000,
    entrypoint: ["/usr/bin/nnp"],
    programs: { "/usr/bin/nnp": "builtin:nonewprivs" },
    user: "1000",
    examples: [{ stdout: "Effective uid: 0\n" }],
  },
];
