// npm's aws4 signs the same request: aws4_sign.js COUNT. Prints nanoseconds a
// turn. Exits with 3 where node finds no aws4.
let aws4;
try {
  aws4 = require("aws4");
} catch (error) {
  process.exit(3);
}

const credentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};

function turns(count) {
  for (let i = 0; i < count; i++) {
    aws4.sign({
      host: "glacier.us-west-2.amazonaws.com", path: "/-/vaults/examplevault/jobs",
      method: "POST", service: "glacier", region: "us-west-2", body: "x".repeat(160),
      headers: { "Content-Type": "application/json", "x-amz-glacier-version": "2012-06-01" },
    }, credentials);
  }
}

const count = Number(process.argv[2]);
turns(Math.max(count / 10, 2000)); // until it is compiled
const start = process.hrtime.bigint();
turns(count);
console.log(Number(process.hrtime.bigint() - start) / count);
