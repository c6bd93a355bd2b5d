// Calls by @aws-sdk/client-glacier: sdk_call.js BASE-URL COUNT. Prints
// nanoseconds a turn. Exits with 3 where node finds no such package.
let sdk;
try {
  sdk = require("@aws-sdk/client-glacier");
} catch (error) {
  process.exit(3);
}

const client = new sdk.GlacierClient({
  region: "us-west-2", endpoint: process.argv[2], maxAttempts: 1,
  credentials: {
    accessKeyId: "AKIDEXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  },
});

async function turns(count) {
  for (let i = 0; i < count; i++) {
    await client.send(new sdk.InitiateJobCommand({
      accountId: "-", vaultName: "examplevault",
      jobParameters: {
        Type: "inventory-retrieval", Format: "CSV", Description: "My inventory job",
        SNSTopic: "arn:aws:sns:us-west-2:111111111111:Glacier-InventoryRetrieval-topic-Example",
      },
    }));
  }
}

async function main() {
  const count = Number(process.argv[3]);
  await turns(Math.max(count / 10, 300)); // until it is compiled
  const start = process.hrtime.bigint();
  await turns(count);
  console.log(Number(process.hrtime.bigint() - start) / count);
  client.destroy();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
