// A request signed by npm's aws4 and sent by node's http, on a connection that
// is kept alive: aws4_call.js BASE-URL COUNT. Prints nanoseconds a turn. Exits
// with 3 where node finds no aws4.
const http = require("http");
let aws4;
try {
  aws4 = require("aws4");
} catch (error) {
  process.exit(3);
}

const url = new URL(process.argv[2]);
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const credentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const body = JSON.stringify({
  Type: "inventory-retrieval", Format: "CSV", Description: "My inventory job",
  SNSTopic: "arn:aws:sns:us-west-2:111111111111:Glacier-InventoryRetrieval-topic-Example",
});

function call() {
  const options = aws4.sign({
    host: url.host, path: "/-/vaults/examplevault/jobs", method: "POST", service: "glacier",
    region: "us-west-2", body,
    headers: { "Content-Type": "application/json", "x-amz-glacier-version": "2012-06-01" },
  }, credentials);
  return new Promise((resolve, reject) => {
    const request = http.request({ ...options, host: url.hostname, port: url.port, agent },
      (response) => {
        response.resume();
        response.on("end", () => resolve(response.headers["x-amz-job-id"]));
      });
    request.on("error", reject);
    request.end(body);
  });
}

async function turns(count) {
  for (let i = 0; i < count; i++) {
    await call();
  }
}

async function main() {
  const count = Number(process.argv[3]);
  await turns(Math.max(count / 10, 500)); // until it is compiled
  const start = process.hrtime.bigint();
  await turns(count);
  console.log(Number(process.hrtime.bigint() - start) / count);
  agent.destroy();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
